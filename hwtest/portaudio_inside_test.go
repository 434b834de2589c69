//go:build portaudio && cgo

package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/hwtest"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// TestPortAudioInside is what TestMachinePortAudio runs in its machine.
func TestPortAudioInside(t *testing.T) {
	if !lab.Inside() {
		t.Skip("this is no machine of the laboratory")
	}
	cards, err := hwtest.Open("")
	if err != nil {
		t.Fatal(err)
	}
	cases := []testCase{
		{"plays a stream bit for bit with PortAudio", hwtest.Ears | hwtest.Sound, portAudioPlays},
		{"plays a file on a loop with PortAudio", hwtest.Ears | hwtest.Sound, portAudioDaemon},
		{"shares a card by PortAudio and dmix", hwtest.Ears | hwtest.Sound, portAudioShares},
		{"loops back bit for bit with PortAudio", hwtest.Loop | hwtest.Sound, portAudioLoops},
		{"plays to the last frame of a program with PortAudio", hwtest.Loop | hwtest.Sound, portAudioPlaysOut},
		{"hears its monitor as late as it says with PortAudio", hwtest.Loop | hwtest.Sound, portAudioMonitors},
		{"costs little more with PortAudio", hwtest.Loop | hwtest.Sound, portAudioCosts},
		{"is taken over by PortAudio when another program lets go of it", hwtest.Ears | hwtest.Sound, portAudioWaits},
		{"goes on after an xrun with PortAudio", hwtest.Ears | hwtest.Sound, portAudioRecovers},
		{"goes and comes with PortAudio", hwtest.Unplug | hwtest.Ears | hwtest.Sound, portAudioUnplugged},
	}
	announce(cards, cases, []string{portAudioPackage})
	t.Run(packageCard+" "+portAudioPackage, func(t *testing.T) { runPortAudio(t, cards) })
	runCases(t, cards, cases)
}

const portAudioPackage = "../backend/portaudio"

// deviceName is what PortAudio calls a PCM, as far as that is the only one.
func deviceName(card, pcm int) string { return fmt.Sprintf("ALSA:(hw:%d,%d)", card, pcm) }

// runPortAudio runs the tests of package portaudio on cards.
func runPortAudio(t *testing.T, cards []hwtest.Card) {
	r := record{Card: packageCard, Case: portAudioPackage, Result: "ok"}
	defer step(packageCard, portAudioPackage)()
	var names []string
	for _, card := range cards {
		if card.Lacks(hwtest.Record) == "" { // they have both directions
			names = append(names, deviceName(card.Number, 0))
		}
	}
	cmd := exec.Command(filepath.Join(plan.Home, portAudioTests), packageArguments(&r, "-test.run=OnDevices")...)
	cmd.Env = append(os.Environ(), "LOOPBRIDGE_TEST_PORTAUDIO="+strings.Join(names, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Result, r.Why = "fail", []string{err.Error()}
		t.Errorf("%v\n%s", err, out)
	}
	fmt.Println(r)
	r.save(t)
}

// portAudio loads the library for a case.
func (b *bench) portAudio() *portaudio.Library {
	b.Helper()
	l, err := portaudio.Load()
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() {
		defer lab.Awake()()
		l.Close()
	})
	defer lab.Awake()()
	if _, err := l.Devices(); err != nil {
		b.Fatalf("%v", err)
	}
	return l
}

// portAudioOf opens a device of the card.
func (b *bench) portAudioOf(l *portaudio.Library, wish backend.Config, pcm int) backend.Stream {
	b.Helper()
	s, err := l.Open(wish, portaudio.Options{Name: deviceName(b.card.Number, pcm)})
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// portAudioPlays is streamPlays with PortAudio.
func portAudioPlays(b *bench) {
	l := b.portAudio()
	for _, ear := range b.card.Ears {
		b.open(ear)
		s := b.portAudioOf(l, wish(ear, 480), ear.PCM)
		g := s.Granted()
		what := fmt.Sprintf("%s at %d/%d", deviceName(b.card.Number, ear.PCM), g.Period, g.Periods)
		if d, ok := backend.As[backend.Delayer](s); ok {
			play, _ := d.Delay()
			what += fmt.Sprintf(", %d frames late,", play)
		}
		sleep := lab.Awake() // as in portAudioLoops
		heard, lost := b.hearsStream(ear, s, hear.Count(1, ear.Rate), nil)
		sleep()
		b.follow(what, fromFirst(heard.PCM), ear.Rate)
		if len(lost) > 0 {
			b.Errorf("%s: xruns cost %d frames", what, lost)
		}
	}
}

// portAudioLoops plays on a device what another one records, with a stream for each.
func portAudioLoops(b *bench) {
	const rate = 48000
	l := b.portAudio()
	f := hear.CountFormat(rate)
	player := b.portAudioOf(l, backend.Config{Play: true, Format: f, Period: 480, Periods: 8}, 0)
	recorder := b.portAudioOf(l, backend.Config{Record: true, Format: f, Period: 480, Periods: 8}, 1)
	defer lab.Awake()() // PortAudio's thread may wait for a page of its library, which the host has
	heard := make(chan []byte, 1)
	began := make(chan struct{})
	go func() {
		var all []byte
		block := make([]byte, 8*480*f.FrameBytes())
		_, err := engine(recorder, func(t backend.Tick) (bool, error) {
			if t.Position == 480 {
				close(began)
			}
			n := t.Readable * f.FrameBytes()
			_, err := recorder.Read(block[:n])
			all = append(all, block[:n]...)
			return len(all) < 2*rate*f.FrameBytes(), err
		})
		if err != nil {
			b.T.Error(err)
		}
		heard <- all
	}()
	<-began
	lost, err := playOn(player, hear.Count(1, rate), nil)
	if err != nil || len(lost) > 0 {
		b.Errorf("%v, %d lost", err, lost)
	}
	b.follow(fmt.Sprintf("%s to %s", deviceName(b.card.Number, 0), deviceName(b.card.Number, 1)), fromFirst(<-heard), rate)
}
