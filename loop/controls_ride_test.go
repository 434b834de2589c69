package loop_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// amplifier is hardware with a volume in steps of so many dB, and a switch, which act at once.
type amplifier struct {
	switches
	step   float64 // dB
	dB     float64
	muted  bool
	failed error
}

func (a *amplifier) Gain(d audio.Direction) (int, bool) {
	return mixer.FromDecibels(a.dB), d == audio.Play
}

func (a *amplifier) Way(_ audio.Direction, gain int) (levels []float64, err error) {
	to := max(math.Ceil(mixer.Decibels(gain)/a.step-1e-6)*a.step, -72)
	n := int(math.Round(math.Abs(to-a.dB) / a.step))
	for i := range n + 1 {
		levels = append(levels, a.dB+math.Copysign(float64(i)*a.step, to-a.dB))
	}
	return levels, nil
}

func (a *amplifier) SetLevel(_ audio.Direction, dB float64) error {
	if a.failed == nil {
		a.dB = dB
	}
	return a.failed
}

func (a *amplifier) Muted() (muted, ok bool) { return a.muted, true }

func (a *amplifier) Mute(muted bool) (bool, error) {
	a.muted = muted
	return true, nil
}

// held is how many frames lagging holds: what is written is heard so much later.
const held = 3 * period

type lagging struct{ *backendtest.Clock }

func (lagging) Delay() (play, record int) { return held, 0 }

// listener hears a card that plays a constant through an amplifier.
type listener struct {
	*card
	amp      *amplifier
	p        *pcm.PCM
	played   int       // frames
	software []float64 // dB of each of them
	level    []float64 // dB of the amplifier in each period
	from     []int     // the first frame that is heard in it
	muted    []bool
}

const loudness = 20000

func newListener(t *testing.T, step float64) *listener {
	clock := backendtest.NewClock(backend.Config{Play: true, Period: period, Periods: 8})
	amp := &amplifier{switches: switches{avail: audio.PortSpeaker, selected: map[audio.Direction]audio.Ports{audio.Play: audio.PortSpeaker}}, step: step}
	l := &listener{card: &card{T: t, clock: clock}, amp: amp}
	l.serve(l.control(lagging{clock}, amp))
	if err := l.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, l.engine); err != nil {
		t.Fatal(err)
	}
	l.p = l.client("speaker", pcm.Write)
	l.wait(8)
	return l
}

// end closes everything.
func (l *listener) end() {
	l.p.Abandon()
	l.bay.Close()
	if err := l.engine.Close(); err != nil {
		l.Error(err)
	}
}

// wait plays on for some periods.
func (l *listener) wait(periods int) {
	l.Helper()
	for range periods {
		l.play(l.p, constant(loudness, period))
		l.clock.Advance(period)
		synctest.Wait() // the hardware has done what was due
		played := l.clock.Played()
		for i := len(played) - 4*period; i < len(played); i += 4 {
			sample := int16(binary.LittleEndian.Uint16(played[max(i, 0):]))
			l.software = append(l.software, 20*math.Log10(float64(sample)/loudness))
		}
		l.played += period
		l.level, l.from, l.muted = append(l.level, l.amp.dB), append(l.from, l.played-held), append(l.muted, l.amp.muted)
	}
}

// set lets a set take effect from now on.
func (l *listener) set(args ...string) {
	l.Helper()
	if _, err := l.try(args...); err != nil {
		l.Fatal(err)
	}
}

// heard is the level of each frame from one on, if the hardware acts some frames late.
func (l *listener) heard(first, late int) (dB []float64) {
	n := 0
	for frame := first; frame < l.played-held; frame++ {
		for n+1 < len(l.from) && l.from[n+1]+late <= frame {
			n++
		}
		level := l.level[n] + l.software[frame]
		if l.muted[n] {
			level = math.Inf(-1)
		}
		dB = append(dB, level)
	}
	return dB
}

// TestGainOfHardwareDoesNotJump: what is heard goes from one gain to another without a step
// that is larger than the hardware's own, and no further from the way between them than half
// of it, also if the hardware acts a period early or late.
func TestGainOfHardwareDoesNotJump(t *testing.T) {
	for _, step := range []float64{0.125, 0.375, 0.5, 1, 1.5} {
		t.Run(fmt.Sprintf("%g dB", step), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newListener(t, step)
				defer l.end()
				gain := 255
				for _, next := range []int{64, 255, 230, 226, 200, 199, 120, 250} {
					first := l.played - held
					l.set(fmt.Sprintf("play.gain=%d", next))
					steps := int(math.Abs(mixer.Decibels(next)-mixer.Decibels(gain))/step) + 2
					l.wait(steps + held/period + 6)
					from, to := mixer.Decibels(gain), mixer.Decibels(next)
					for _, late := range []int{-period, 0, period} {
						x := l.heard(first, late)
						if now := x[len(x)-1]; math.Abs(now-to) > 0.01 {
							t.Fatalf("gain %d is heard at %.2f dB, want %.2f", next, now, to)
						}
						largest, away := 0.0, 0.0
						for i, level := range x {
							away = max(away, min(from, to)-level, level-max(from, to))
							if i > 0 {
								largest = max(largest, math.Abs(level-x[i-1]))
							}
						}
						const ramp = 0.02 // dB that software does in a frame
						if largest > step+ramp || away > max(0.5, 1.05*step) {
							t.Errorf("gain %d to %d, %d frames late: a step of %.3f dB, and %.3f dB beside the way", gain, next, late, largest, away)
						}
						if late == 0 && away > step/2+0.1 {
							t.Errorf("gain %d to %d: %.3f dB beside the way", gain, next, away)
						}
					}
					gain = next
				}
			})
		})
	}
}

// TestMuteOfHardware: its switch is off when software's silence is heard, and on before
// software lets anything through, so that neither is a click. What another mixer does with it
// shows in output_muted.
func TestMuteOfHardware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t, 0.375)
		defer l.end()
		first := l.played - held
		l.set("output_muted=1")
		if l.amp.muted {
			t.Error("it is off while the sound before is heard")
		}
		l.wait(held/period + 3)
		l.set("output_muted=0")
		if l.amp.muted {
			t.Error("it is off when software lets something through again")
		}
		l.wait(held/period + 3)
		silent := false
		x := l.heard(first, 0)
		for i := 1; i < len(x); i++ {
			step := math.Abs(math.Pow(10, x[i]/20) - math.Pow(10, x[i-1]/20))
			if silent = silent || math.IsInf(x[i], -1); step > 1.0/period+0.001 {
				t.Fatalf("frame %d: from %.1f to %.1f dB at once", i, x[i-1], x[i])
			}
		}
		if !silent || x[len(x)-1] != 0 {
			t.Errorf("it was silent: %v, and is heard at %.1f dB then", silent, x[len(x)-1])
		}

		l.amp.muted = true // another mixer
		if changes := l.changed(false); len(changes) != 1 || changes[0].Field != state.OutputMuted || !l.engine.Info().OutputMuted {
			t.Errorf("muted by another mixer: %v", changes)
		}
		if changes := l.changed(false); len(changes) != 0 {
			t.Errorf("told again: %v", changes)
		}
		l.set("play.gain=100") // is no reason to turn it
		if !l.amp.muted {
			t.Error("a gain has turned the switch on")
		}
		l.amp.muted = false
		if changes := l.changed(false); len(changes) != 1 || l.engine.Info().OutputMuted {
			t.Errorf("and no more: %v", changes)
		}
		l.wait(2)
		if s := l.software[len(l.software)-1]; math.IsInf(s, -1) {
			t.Error("software is silent still")
		}
		l.amp.muted = true
		l.changed(false)
		l.set("output_muted=0")
		if l.amp.muted {
			t.Error("output_muted=0 has not turned on what another mixer had turned off")
		}

		l.set("output_muted=1")
		l.wait(held/period + 3)
		l.amp.muted = false // the card was away, and comes as new
		if changes := l.changed(true); len(changes) != 0 || !l.amp.muted || !l.engine.Info().OutputMuted {
			t.Errorf("it comes back: %v, its switch is off: %v", changes, l.amp.muted)
		}
	})
}

// TestFoundMuted: the state of a device shows how its hardware was found, and nothing turns
// the switch but output_muted and what was kept of it.
func TestFoundMuted(t *testing.T) {
	for _, kept := range []bool{true, false} {
		amp := &amplifier{switches: switches{avail: audio.PortSpeaker, selected: map[audio.Direction]audio.Ports{}}, step: 1, muted: true}
		engine := newCardOn(t, true, false, amp).engine
		if i := engine.Info(); !i.OutputMuted || !amp.muted {
			t.Errorf("found muted: output_muted %v, switch off %v", i.OutputMuted, amp.muted)
		}
		set := func(args ...string) {
			p, err := state.ParsePatch(args...)
			if err == nil {
				_, err = engine.Set(p)
			}
			if err != nil {
				t.Error(err)
			}
		}
		set("play.gain=100")
		if !amp.muted {
			t.Error("a gain has turned its switch on")
		}
		set("play.port=speaker")
		if engine.Info().OutputMuted || amp.muted {
			t.Error("who names a port wants to hear it")
		}
		set("output_muted=1")
		set("play.port=speaker")
		if !engine.Info().OutputMuted || !amp.muted {
			t.Error("a port has turned on what somebody had turned off")
		}
		saved := engine.Info()
		saved.OutputMuted = kept
		if err := engine.Restore(saved.Save()); err != nil {
			t.Error(err)
		}
		if engine.Info().OutputMuted != kept || amp.muted != kept {
			t.Errorf("kept as %v: output_muted %v, switch off %v", kept, engine.Info().OutputMuted, amp.muted)
		}
	}
}

// TestRideIsCutShort: the hardware is where it has to be when the device stops, when another
// gain or another mixer comes in between, when the engine ends, and when it refuses.
func TestRideIsCutShort(t *testing.T) {
	at := func(gain int) float64 { return math.Ceil(mixer.Decibels(gain)) }
	ride := func(name string, meanwhile func(t *testing.T, l *listener)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newListener(t, 1)
				defer l.end()
				l.set("play.gain=10")
				l.wait(held/period + 4)
				if l.amp.dB >= 0 || l.amp.dB <= at(10) {
					t.Fatalf("at %g dB it is not on its way", l.amp.dB)
				}
				meanwhile(t, l)
			})
		})
	}
	is := func(t *testing.T, l *listener, gain int, dB float64) {
		t.Helper()
		synctest.Wait()
		if now := l.engine.Info().Play.Gain; now != gain || l.amp.dB != dB {
			t.Errorf("the hardware is at %g dB and play.gain is %d, want %g and %d", l.amp.dB, now, dB, gain)
		}
		if heard := l.level[len(l.level)-1] + l.software[len(l.software)-1]; len(l.level) > 40 && math.Abs(heard-mixer.Decibels(gain)) > 0.2 {
			t.Errorf("%.2f dB are heard, want %.2f", heard, mixer.Decibels(gain))
		}
	}
	ride("stop", func(t *testing.T, l *listener) {
		l.p.Abandon()
		for range 20 {
			l.clock.Advance(period)
		}
		is(t, l, 10, at(10))
	})
	ride("engine ends", func(t *testing.T, l *listener) {
		l.p.Abandon()
		l.bay.Close()
		if err := l.engine.Close(); err != nil {
			t.Fatal(err)
		}
		if l.amp.dB != at(10) {
			t.Errorf("it is left at %g dB, want %g", l.amp.dB, at(10))
		}
		*l = *newListener(t, 1) // for the end
	})
	ride("another gain", func(t *testing.T, l *listener) {
		l.set("play.gain=200")
		l.wait(60)
		is(t, l, 200, at(200))
	})
	ride("another mixer", func(t *testing.T, l *listener) {
		l.amp.dB = -20
		l.changed(false)
		l.wait(60)
		is(t, l, mixer.FromDecibels(-20), -20)
	})
	ride("balance", func(t *testing.T, l *listener) {
		l.set("play.balance=20")
		l.wait(60)
		is(t, l, 10, at(10))
	})
	ride("muted", func(t *testing.T, l *listener) {
		l.set("output_muted=1")
		l.wait(60)
		if l.amp.dB != at(10) || !l.amp.muted {
			t.Errorf("at %g dB, its switch is off: %v", l.amp.dB, l.amp.muted)
		}
		l.set("play.gain=100") // inaudible
		if l.amp.dB != at(100) {
			t.Errorf("at %g dB while it is muted, want %g", l.amp.dB, at(100))
		}
	})
	ride("refused", func(t *testing.T, l *listener) {
		l.amp.failed = audio.ErrIO.With("no")
		stays := l.amp.dB
		l.wait(60)
		is(t, l, 10, stays)
	})
}
