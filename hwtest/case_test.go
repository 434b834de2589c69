package hwtest_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest"
	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// testCase is one property of a card.
type testCase struct {
	name  string // reads after the card's: "HDA plays a tone"
	needs hwtest.Need
	run   func(*bench)
}

func cases() (all []testCase) {
	all = []testCase{
		{"is listed", 0, isListed},
		{"plays to the end", hwtest.Play | hwtest.Sound, playsToTheEnd},
		{"records as long as it should", hwtest.Record, records},
		{"plays a tone", hwtest.Ears | hwtest.Sound, playsATone},
		{"does not hide a missing frame", hwtest.Ears | hwtest.Sound, hidesNothing},
		{"plays bit for bit", hwtest.Ears | hwtest.Sound, playsBitForBit},
		{"has a volume that acts", hwtest.Ears | hwtest.Sound, volumeActs},
		{"loops back bit for bit", hwtest.Loop | hwtest.Sound, loopsBack},
		{statesCase, hwtest.Loop, statesAgree},
		{"chooses its input", 0, choosesInput},
		{"takes a control of a program", 0, takesControl},
		{"plays a stream bit for bit", hwtest.Ears | hwtest.Sound, streamPlays},
		{"plays streams in formats that it has not", hwtest.Ears | hwtest.Sound, streamAdapts},
		{"goes on after an xrun", hwtest.Ears | hwtest.Sound, streamRecovers},
		{"goes on in another process", hwtest.Ears | hwtest.Sound, streamGoesOn},
		{"has no step at an xrun", hwtest.Ears | hwtest.Sound, streamRamps},
		{"plays a long stream", hwtest.Ears | hwtest.Sound, streamPlaysLong},
		{"plays and records a long stream", hwtest.Record | hwtest.Sound, streamListens},
		{"carries a long stream in both directions", hwtest.Loop | hwtest.Sound, streamEchoes},
		{"has no step at an xrun of one side", hwtest.Loop | hwtest.Sound, streamSplices},
		{"is followed when its clock is fast or slow", hwtest.Loop | hwtest.Sound, streamFollowsRate},
		{"plays a file that a program plays on a loop", hwtest.Ears | hwtest.Sound, daemonPlays},
		{"plays on while its daemon is asked", hwtest.Ears | hwtest.Sound, daemonIsAsked},
		{"has one short gap when its daemon is upgraded", hwtest.Ears | hwtest.Sound, daemonIsUpgraded},
		{"plays on each of its ports", hwtest.Ears | hwtest.Sound, portsSound},
		{"has gain and mute", hwtest.Ears | hwtest.Sound, gainActs},
		{"moves its volume without a jump", hwtest.Ears | hwtest.Sound, gainIsSmooth},
		{"has the controls of its own codec", hwtest.Ears | hwtest.Sound, hasOwnControls},
		{"shows a mute of another mixer", hwtest.Ears | hwtest.Sound, showsOtherMute},
		{"shows what another mixer does", hwtest.Ears | hwtest.Sound, showsOtherMixer},
		{"gets its settings back", 0, givesSettingsBack},
		{"chooses what it records", 0, choosesRecording},
		{"monitors its input", hwtest.Loop | hwtest.Sound, monitorsItsInput},
		{"follows a jack", hwtest.Ears | hwtest.Sound, followsJack},
		{"plays to the last frame of a program, whatever its clock", hwtest.Loop | hwtest.Sound, daemonPlaysOut},
		{"carries sound to another clock", hwtest.Loop | hwtest.Sound, routeFollows},
		{"plays what a card with another clock records", hwtest.Ears | hwtest.Sound, routeCrosses},
		{"is measured as late as its periods are long", hwtest.Loop | hwtest.Sound, measuresItsCable},
		{"hears its monitor as late as it says", hwtest.Loop | hwtest.Sound, monitorIsLate},
		{"is taken over when another program lets go of it", hwtest.Ears | hwtest.Sound, daemonWaitsForItsCard},
		{"is opened when it was unplugged", hwtest.Unplug | hwtest.Ears | hwtest.Sound, daemonIsOpenedWithoutItsCard},
		{"goes and comes below a program that plays", hwtest.Unplug | hwtest.Ears | hwtest.Sound, daemonOutlivesItsCard},
		{"starts when it was plugged in", hwtest.Unplug | hwtest.Ears | hwtest.Sound, starts},
		{"comes back when it was unplugged", hwtest.Unplug | hwtest.Ears | hwtest.Sound, comesBack},
	}
	if thorough() {
		all = append(all,
			testCase{"monitors a card with another clock", hwtest.Ears | hwtest.Sound, joinMonitors},
			testCase{"moves a cable by its pitch, bit for bit", hwtest.Ears | hwtest.Sound, pitchCarriesToCard},
			testCase{"is followed by a pitch control", hwtest.Loop | hwtest.Sound, pitchCarriesToCable},
			testCase{"is bridged beside other programs", hwtest.Ears | hwtest.Sound, bridgesBesideOthers})
	}
	return all
}

// The names of variables in the environment.
const (
	chooseCards = "LOOPBRIDGE_HWTEST"        // which real cards; see hwtest.Open
	chooseCases = "LOOPBRIDGE_HWTEST_CASES"  // in the machine, as of go test -run: Loopback/monitors
	reportFile  = "LOOPBRIDGE_HWTEST_REPORT" // where the report goes as JSON
	longRun     = "LOOPBRIDGE_HWTEST_LONG"   // set: in the machine, as make hwtest-vm is to take its time
)

func TestCards(t *testing.T) {
	cards, err := hwtest.Open(os.Getenv(chooseCards))
	if os.Getenv(chooseCards) == "" && (err != nil || !cards[0].Lab) {
		t.Skip("no real sound card is tested: none was named (make hwtest CARD=hw:0)")
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(cards) == 0 {
		skip(t, "there is no sound card (/proc/asound/cards)")
	}
	if _, err := exec.LookPath("aplay"); err != nil {
		skip(t, "aplay is missing, so no sound card is tested (Debian: alsa-utils)")
	}
	for _, c := range cards {
		fmt.Printf("card %d, hw:%s: %s\n", c.Number, c.ID, c.Title)
	}
	var own []string
	if cards[0].Lab {
		own = packages()
	}
	announce(cards, cases(), own)
	if cards[0].Lab {
		t.Run("host", askHost)
		t.Run("clock", askClock)
	}
	for _, pkg := range own {
		t.Run(packageCard+" "+pkg, func(t *testing.T) { runPackage(t, pkg) })
	}
	runCases(t, cards, cases())
}

// runCases runs cases on each of the cards.
func runCases(t *testing.T, cards []hwtest.Card, cases []testCase) {
	for _, card := range cards {
		for _, c := range cases {
			t.Run(card.ID+"/"+c.name, func(t *testing.T) {
				b := &bench{T: t, card: card, name: c.name}
				why := card.Lacks(c.needs)
				if why == "" {
					defer step(card.ID, c.name)()
				}
				defer b.report()
				if why != "" {
					b.without(why)
				}
				c.run(b)
			})
		}
	}
}

// skip is Skip where people wait for a report.
func skip(t *testing.T, why string) {
	t.Helper()
	fmt.Println(why)
	t.Skip(why)
}

// announce tells the host how many cases the machine is to run, with the tests of packages.
func announce(cards []hwtest.Card, cases []testCase, packages []string) {
	n := 0
	for _, pkg := range packages {
		if isChosen(packageCard + " " + pkg) {
			n++
		}
	}
	for _, card := range cards {
		for _, c := range cases {
			if card.Lacks(c.needs) == "" && isChosen(card.ID+"/"+c.name) {
				n++
			}
		}
	}
	if lab.Inside() {
		fmt.Printf("%s%d\n", stepsLine, n)
	}
}

// isChosen reports whether go test -run lets a test below the first level run.
func isChosen(name string) bool { return matches(flag.Lookup("test.run").Value.String(), name) }

func matches(patterns, name string) bool {
	levels := strings.Split(strings.ReplaceAll(name, " ", "_"), "/")
	return slices.ContainsFunc(outside(patterns, '|'), func(pattern string) bool {
		for i, part := range outside(pattern, '/')[1:] {
			if ok, err := regexp.MatchString(part, levels[min(i, len(levels)-1)]); i < len(levels) && err == nil && !ok {
				return false
			}
		}
		return true
	})
}

// outside splits a pattern at what is in no brackets.
func outside(pattern string, at rune) []string {
	depth := 0
	return strings.FieldsFunc(pattern, func(r rune) bool {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
		return r == at && depth == 0
	})
}

// step tells the host that a case begins, and when it ends.
func step(card, name string) (end func()) {
	if !lab.Inside() {
		return func() {}
	}
	fmt.Printf("%s%s: %s\n", beginLine, card, name)
	return func() { fmt.Println(endLine) }
}

// bench is a card while a case is run on it.
type bench struct {
	*testing.T
	card hwtest.Card
	name string

	kernel string   // of the machine, if it is known
	said   []string // measured
	why    []string // it failed, or was not run
}

// record is a line of the report, as JSON.
type record struct {
	Card, Case string
	Result     string   // ok, fail or none: the card lacks what it needs
	Measured   []string `json:",omitempty"`
	Why        []string `json:",omitempty"`
	Kernel     string   `json:",omitempty"` // of the laboratory: package and version
}

// say adds a measurement to the report.
func (b *bench) say(format string, args ...any) {
	b.said = append(b.said, fmt.Sprintf(format, args...))
}

// without ends a case that makes no sense on this card.
func (b *bench) without(why string) {
	b.why = []string{why}
	b.Skip(why)
}

// Errorf is that of the test; the report has it too.
func (b *bench) Errorf(format string, args ...any) {
	b.Helper()
	b.why = append(b.why, fmt.Sprintf(format, args...))
	b.T.Errorf(format, args...)
}

// Fatalf is that of the test; the report has it too.
func (b *bench) Fatalf(format string, args ...any) {
	b.Helper()
	b.why = append(b.why, fmt.Sprintf(format, args...))
	b.T.Fatalf(format, args...)
}

func (b *bench) report() {
	r := record{b.card.ID, b.name, "ok", b.said, b.why, b.kernel}
	switch {
	case b.Failed():
		r.Result = "fail"
	case b.Skipped():
		r.Result = "none"
	}
	if r.Result != "none" || !b.card.Lab { // a card of the laboratory is not made to have everything
		fmt.Println(r)
	}
	r.save(b.T)
}

func (r record) String() string {
	mark := map[string]string{"ok": "ok  ", "fail": "FAIL", "none": "  --"}[r.Result]
	line := fmt.Sprintf("%s  %-9s %s", mark, r.Card, r.Case)
	if says := append(r.Measured, r.Why...); len(says) > 0 {
		line += ": " + strings.Join(says, "; ")
	}
	return line
}

// tool runs a program of alsa-utils and returns what it said.
func (b *bench) tool(name string, args ...string) string {
	b.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
