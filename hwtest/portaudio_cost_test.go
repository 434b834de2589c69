//go:build portaudio && cgo

package hwtest_test

import (
	"math"
	"os/exec"
	"time"
)

// portAudioCosts compares the daemon on PortAudio with the daemon on package alsa, on the same
// device, while a loop plays and another one records. The clock of snd-aloop moves in steps of
// 4 ms: with periods that are no multiple of that, PortAudio looks in vain after every second one.
// Then the library alone takes as much as the whole daemon does on package alsa, and what is ours
// beside it must not take more than that.
func portAudioCosts(b *bench) {
	const most = 1.5
	if !thorough() {
		b.without("what it costs is measured by make hwtest-vm")
	}
	b.portAudio()
	for _, period := range []int{384, 960, 480} {
		own, other := b.cost("alsa", "id:"+b.card.ID, period), b.cost("portaudio", deviceName(b.card.Number, 0), period)
		bare := b.bareCost(period, 3)
		ratio := math.Round(100*float64(other)/float64(own)) / 100
		b.say("periods of %d: %v of CPU in 10 s, of which its library alone takes %v; alsa %v: %.2f times", period, other.Round(time.Millisecond), bare.Round(time.Millisecond), own.Round(time.Millisecond), ratio)
		switch {
		case ratio <= most:
		case period%192 == 0:
			b.Errorf("periods of %d: %.2f times the CPU of package alsa, want %.1f at most", period, ratio, most)
		case other-bare > own:
			b.Errorf("periods of %d: %v beside the library, want %v at most, as with package alsa", period, (other - bare).Round(time.Millisecond), own.Round(time.Millisecond))
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
		loops, err := d.control.Loops(b.Context())
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
