//go:build portaudio && cgo

package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/client"
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
	t.Run("go test backend/portaudio", func(t *testing.T) { runPortAudio(t, cards) })
	runCases(t, cards, []testCase{
		{"plays a stream bit for bit with PortAudio", hwtest.Ears | hwtest.Sound, portAudioPlays},
		{"plays a file on a loop with PortAudio", hwtest.Ears | hwtest.Sound, portAudioDaemon},
		{"loops back bit for bit with PortAudio", hwtest.Loop | hwtest.Sound, portAudioLoops},
		{"costs little more with PortAudio", hwtest.Loop | hwtest.Sound, portAudioCosts},
		{"goes and comes with PortAudio", hwtest.Unplug | hwtest.Ears | hwtest.Sound, portAudioUnplugged},
	})
}

// deviceName is what PortAudio calls a PCM, as far as that is the only one.
func deviceName(card, pcm int) string { return fmt.Sprintf("ALSA:(hw:%d,%d)", card, pcm) }

// runPortAudio runs the tests of package portaudio on cards.
func runPortAudio(t *testing.T, cards []hwtest.Card) {
	r := record{Card: packageCard, Case: "../backend/portaudio", Result: "ok"}
	var names []string
	for _, card := range cards {
		if card.Loop {
			names = append(names, deviceName(card.Number, 0))
		}
	}
	// What PortAudio loads comes from the host at first, which takes minutes of counted time.
	for range 10 {
		if out, _ := exec.Command(filepath.Join(plan.Home, programFile), "devices").Output(); strings.Contains(string(out), "PORTAUDIO") {
			break
		}
	}
	cmd := exec.Command(filepath.Join(plan.Home, portAudioTests), "-test.run", "OnDevices", "-test.timeout=0")
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
	b.Cleanup(func() { l.Close() })
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
		heard, lost := b.hearsStream(ear, s, hear.Count(1, ear.Rate), nil)
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
	player := b.portAudioOf(l, backend.Config{Play: true, Format: f, Period: 480, Periods: 3}, 0)
	recorder := b.portAudioOf(l, backend.Config{Record: true, Format: f, Period: 480, Periods: 3}, 1)
	heard := make(chan []byte, 1)
	began := make(chan struct{})
	go func() {
		var all []byte
		block := make([]byte, 3*480*f.FrameBytes())
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

// portAudioServes starts a daemon whose device is one of PortAudio.
func (b *bench) portAudioServes(ear plan.Ear) *daemon {
	b.Helper()
	card := deviceName(b.card.Number, ear.PCM)
	return b.serves(deviceConfig("portaudio", card, ear.Rate, 480, 3), card)
}

// portAudioDaemon is daemonPlays with PortAudio.
func portAudioDaemon(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		file := b.numbered(ear.Rate, 2*pause)
		before := b.recorded(ear).Frames()
		d := b.portAudioServes(ear)
		d.playsFile(file)
		d.stop()
		b.follow(deviceName(b.card.Number, ear.PCM), fromFirst(b.recorded(ear).From(before).PCM), ear.Rate)
	}
}

// portAudioCosts compares the daemon on PortAudio with the daemon on package alsa, on the same
// device, while a loop plays and another one records. The clock of snd-aloop moves in steps of
// 4 ms: with periods that are no multiple of that, PortAudio looks in vain after every second one.
// That is told, not judged.
func portAudioCosts(b *bench) {
	const most = 1.5
	for _, period := range []int{384, 960, 480} {
		own, other := b.cost("alsa", "id:"+b.card.ID, period), b.cost("portaudio", deviceName(b.card.Number, 0), period)
		ratio := float64(other) / float64(own)
		b.say("periods of %d: %v of CPU in 10 s, alsa %v: %.2f times", period, other.Round(time.Millisecond), own.Round(time.Millisecond), ratio)
		if ratio > most && period%192 == 0 {
			b.Errorf("periods of %d: %.2f times the CPU of package alsa, want %.1f at most", period, ratio, most)
		}
	}
}

// cost is what the daemon takes in 10 s.
func (b *bench) cost(backend, card string, period int) time.Duration {
	b.Helper()
	const mic = "[[loop]]\nname = \"mic\"\nserver = { device = \"main\", side = \"record\" }\n"
	d := b.serves(deviceConfig(backend, card, 48000, period, 3)+mic, card)
	programs := []*exec.Cmd{d.program("play", "--raw", "speaker", "/dev/zero"), d.program("record", "--raw", "mic", "/dev/null")}
	for _, p := range programs {
		if err := p.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		defer p.Process.Kill()
	}
	d.until("plays and records", func() bool {
		loops, err := client.List(b.Context(), d.socket)
		for _, l := range loops {
			if l.Frames == 0 {
				return false
			}
		}
		return err == nil && len(loops) == len(programs)
	})
	time.Sleep(time.Second)
	before := cpuTime(b, d.cmd.Process.Pid)
	time.Sleep(10 * time.Second)
	used := cpuTime(b, d.cmd.Process.Pid) - before
	if h := d.hardware(); h.Xruns > 0 {
		b.say("%s: %d xruns", backend, h.Xruns)
	}
	for _, p := range programs {
		p.Process.Kill()
		p.Wait()
	}
	d.stop()
	return used
}

// cpuTime is what all threads of a process have used.
func cpuTime(b *bench, pid int) (total time.Duration) {
	b.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			b.Fatalf("%s: %q", file, text)
		}
		total += time.Duration(ns)
	}
	return total
}

// portAudioUnplugged plays on while the card comes and goes.
func portAudioUnplugged(b *bench) {
	const cycles = 3
	ear := b.card.Ears[0]
	b.open(ear)
	card := deviceName(b.card.Number, ear.PCM)
	d := b.portAudioServes(ear)
	player := d.program("play", "--raw", "-r", fmt.Sprint(ear.Rate), "-c", "2", "-f", "S16_LE", "speaker", "/dev/zero")
	if err := player.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	defer player.Process.Kill()
	time.Sleep(time.Second)
	for range cycles {
		if err := lab.Ask("unplug " + b.card.Unplug); err != nil {
			b.Fatalf("%v", err)
		}
		d.until("has lost its card", func() bool { return d.runsOn() == "null" })
		if err := lab.Ask("plug " + b.card.Unplug); err != nil {
			b.Fatalf("%v", err)
		}
		d.until("has its card back", func() bool { return d.runsOn() == card })
		time.Sleep(time.Second)
	}
	player.Process.Kill()
	player.Wait()
	b.say("%d times", cycles)
	d.stop()
}
