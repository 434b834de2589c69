package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest"
)

// testCase is one property of a card.
type testCase struct {
	name  string // reads after the card's: "HDA plays a tone"
	needs hwtest.Need
	run   func(*bench)
}

func cases() []testCase {
	return []testCase{
		{"is listed", 0, isListed},
		{"plays to the end", hwtest.Play | hwtest.Sound, playsToTheEnd},
		{"records as long as it should", hwtest.Record, records},
		{"plays a tone", hwtest.Ears | hwtest.Sound, playsATone},
		{"does not hide a missing frame", hwtest.Ears | hwtest.Sound, hidesNothing},
		{"plays bit for bit", hwtest.Ears | hwtest.Sound, playsBitForBit},
		{"has a volume that acts", hwtest.Ears | hwtest.Sound, volumeActs},
		{"loops back bit for bit", hwtest.Loop | hwtest.Sound, loopsBack},
		{"chooses its input", 0, choosesInput},
		{"takes a control of a program", 0, takesControl},
		{"plays a stream bit for bit", hwtest.Ears | hwtest.Sound, streamPlays},
		{"plays streams in formats that it has not", hwtest.Ears | hwtest.Sound, streamAdapts},
		{"goes on after an xrun", hwtest.Ears | hwtest.Sound, streamRecovers},
		{"has no step at an xrun", hwtest.Ears | hwtest.Sound, streamRamps},
		{"has no step at an xrun of one side", hwtest.Loop | hwtest.Sound, streamSplices},
		{"plays a stream of a minute", hwtest.Ears | hwtest.Sound, streamPlaysAMinute},
		{"plays and records a stream of a minute", hwtest.Record | hwtest.Sound, streamListens},
		{"carries a stream in both directions for a minute", hwtest.Loop | hwtest.Sound, streamEchoes},
		{"is followed when its clock is fast or slow", hwtest.Loop | hwtest.Sound, streamFollowsRate},
		{"plays a file that a program plays on a loop", hwtest.Ears | hwtest.Sound, daemonPlays},
		{"plays on each of its ports", hwtest.Ears | hwtest.Sound, portsSound},
		{"has gain and mute", hwtest.Ears | hwtest.Sound, gainActs},
		{"shows what another mixer does", hwtest.Ears | hwtest.Sound, showsOtherMixer},
		{"gets its settings back", 0, givesSettingsBack},
		{"chooses what it records", 0, choosesRecording},
		{"monitors its input", hwtest.Loop | hwtest.Sound, monitorsItsInput},
		{"follows a jack", hwtest.Ears | hwtest.Sound, followsJack},
		{"plays to the last frame of a program, whatever its clock", hwtest.Loop | hwtest.Sound, daemonPlaysOut},
		{"hears its monitor as late as it says", hwtest.Loop | hwtest.Sound, monitorIsLate},
		{"is taken over when another program lets go of it", hwtest.Ears | hwtest.Sound, daemonWaitsForItsCard},
		{"is opened when it was unplugged", hwtest.Unplug | hwtest.Ears | hwtest.Sound, daemonIsOpenedWithoutItsCard},
		{"goes and comes below a program that plays", hwtest.Unplug | hwtest.Ears | hwtest.Sound, daemonOutlivesItsCard},
		{"comes back when it was unplugged", hwtest.Unplug | hwtest.Ears | hwtest.Sound, comesBack},
	}
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
		t.Skip("there is no sound card (/proc/asound/cards)")
	}
	if _, err := exec.LookPath("aplay"); err != nil {
		t.Skip("aplay is missing, so no sound card is tested (Debian: alsa-utils)")
	}
	for _, c := range cards {
		fmt.Printf("card %d, hw:%s: %s\n", c.Number, c.ID, c.Title)
	}
	if cards[0].Lab {
		t.Run("host", askHost)
		for _, pkg := range packages() {
			t.Run("go test "+pkg, func(t *testing.T) { runPackage(t, pkg) })
		}
	}
	runCases(t, cards, cases())
}

// runCases runs cases on each of the cards.
func runCases(t *testing.T, cards []hwtest.Card, cases []testCase) {
	for _, card := range cards {
		for _, c := range cases {
			t.Run(card.ID+"/"+c.name, func(t *testing.T) {
				b := &bench{T: t, card: card, name: c.name}
				defer b.report()
				if why := card.Lacks(c.needs); why != "" {
					b.without(why)
				}
				c.run(b)
			})
		}
	}
}

// bench is a card while a case is run on it.
type bench struct {
	*testing.T
	card hwtest.Card
	name string
	said []string // measured
	why  []string // it failed, or was not run
}

// record is a line of the report, as JSON.
type record struct {
	Card, Case string
	Result     string   // ok, fail or none: the card lacks what it needs
	Measured   []string `json:",omitempty"`
	Why        []string `json:",omitempty"`
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
	r := record{b.card.ID, b.name, "ok", b.said, b.why}
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
