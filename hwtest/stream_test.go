package hwtest_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// stream opens a device of the card with package alsa.
func (b *bench) stream(wish backend.Config, pcm int) backend.Stream {
	b.Helper()
	s, err := alsa.Open(wish, card.Address{Card: b.card.Number, Device: pcm})
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// wish is three periods of so many frames, or of as many as the ear needs.
func wish(ear plan.Ear, period int) backend.Config {
	return backend.Config{Play: true, Format: hear.CountFormat(ear.Rate), Period: max(period, ear.Period), Periods: 3}
}

// engine serves a stream as the engine does, until turn has no more to do at a tick. It
// returns what the card has lost, each time.
func engine(s backend.Stream, turn func(backend.Tick) (more bool, err error)) (lost []uint64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer realtime()()
	if err := s.Start(); err != nil {
		return nil, err
	}
	period := uint64(s.Granted().Period)
	var before uint64
	for {
		t, err := s.Wait()
		if err != nil {
			return lost, err
		}
		if t.Position < before+period || t.Position%period != 0 {
			return lost, fmt.Errorf("position %d comes after %d, with periods of %d", t.Position, before, period)
		}
		before = t.Position
		if t.Lost > 0 {
			lost = append(lost, t.Lost)
		}
		if more, err := turn(t); err != nil || !more {
			return lost, err
		}
	}
}

// realtime makes the thread one before all others, if it may, and gives it a processor of
// Go's. There is no garbage collection while there is such a thread: one that wakes up while its
// stack is looked at would spin on the machine's only processor. The daemon has a way with
// one, see realtime_collect.go of cmd/loopbridge.
func realtime() (end func()) {
	collections.stop()
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), runtime.NumCPU()+6))
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 20}
	_ = unix.SchedSetAttr(0, &attr, 0)
	return func() {
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr}, 0)
		collections.resume()
	}
}

// collections are those of the process's garbage.
var collections stoppable

type stoppable struct {
	mu      sync.Mutex
	stopped int // how often
	percent int // as it was
}

func (c *stoppable) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped++; c.stopped == 1 {
		c.percent = debug.SetGCPercent(-1)
		runtime.GC() // the one that goes on ends
	}
}

func (c *stoppable) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped--; c.stopped == 0 {
		debug.SetGCPercent(c.percent)
	}
}

// put writes whole frames, all of them.
func put(s backend.Stream, frames []byte) error {
	n, err := s.Write(frames)
	if want := len(frames) / s.Granted().Format.FrameBytes(); err == nil && n != want {
		return fmt.Errorf("%d frames of %d were taken", n, want)
	}
	return err
}

// costs are those of xruns, in frames.
func costs(lost []uint64) string {
	const most = 5
	if len(lost) > most {
		return fmt.Sprintf("%d of them, %d and so on", len(lost), lost[:most])
	}
	return fmt.Sprint(lost)
}

// playOn plays frames on a stream, and silence until they are heard. after is called with
// the number of frames that were written.
func playOn(s backend.Stream, frames []byte, after func(written uint64)) (lost []uint64, err error) {
	g := s.Granted()
	left := slices.Concat(frames, make([]byte, (g.Period*g.Periods+2*pause)*g.Format.FrameBytes()))
	var written, gaps uint64
	lost, err = engine(s, func(t backend.Tick) (bool, error) {
		n := min(t.Writable*g.Format.FrameBytes(), len(left))
		if err := put(s, left[:n]); err != nil {
			return false, err
		}
		left = left[n:]
		written += uint64(n / g.Format.FrameBytes())
		gaps += t.Lost
		if len(left) > 0 && t.Position != written+gaps {
			return false, fmt.Errorf("position %d, and %d frames were written, %d lost", t.Position, written, gaps)
		}
		if after != nil {
			after(written)
		}
		return len(left) > 0, nil
	})
	return lost, err
}

// hearsStream is hears with a stream of package alsa.
func (b *bench) hearsStream(ear plan.Ear, s backend.Stream, frames []byte, after func(uint64)) (heard hear.Sound, lost []uint64) {
	b.Helper()
	before := b.recorded(ear).Frames()
	lost, err := playOn(s, frames, after)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		b.Fatalf("hw:%s,%d: %v", b.card.ID, ear.PCM, err)
	}
	return b.recorded(ear).From(before), lost
}

// streamPlays is bit for bit what the kernel was given by package alsa.
func streamPlays(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		for _, period := range []int{480, 256} {
			s := b.stream(wish(ear, period), ear.PCM)
			g := s.Granted()
			what := fmt.Sprintf("hw:%s,%d at %d/%d", b.card.ID, ear.PCM, g.Period, g.Periods)
			if want := max(period, ear.Period); g.Period != want {
				b.Errorf("%s, want periods of %d", what, want)
			}
			heard, lost := b.hearsStream(ear, s, hear.Count(1, ear.Rate), nil)
			b.follow(what, fromFirst(heard.PCM), ear.Rate)
			if len(lost) > 0 {
				b.Errorf("%s: xruns: %s", what, costs(lost))
			}
		}
	}
}

// fromFirst leaves out what comes before the first numbered frames: a card may begin with
// a rest of what it played before.
func fromFirst(pcm []byte) []byte {
	first := hear.Count(1, 4)
	for i := 0; i+len(first) <= len(pcm); i += 4 {
		if slices.Equal(pcm[i:i+len(first)], first) {
			return pcm[i:]
		}
	}
	return nil
}

// streamRecovers is not served for a while, in which its buffer runs empty.
func streamRecovers(b *bench) {
	const away = 200 * time.Millisecond
	ear := b.card.Ears[0]
	if ear.Period > 0 {
		b.without("its emulation does not keep frames in order")
	}
	b.open(ear)
	s := b.stream(wish(ear, 480), ear.PCM)
	g := s.Granted()
	frames, at := 3*ear.Rate, uint64(0)
	heard, lost := b.hearsStream(ear, s, hear.Count(1, frames), func(written uint64) {
		if at == 0 && written >= uint64(ear.Rate/2) {
			at = written
			time.Sleep(away)
		}
	})
	if len(lost) != 1 {
		b.Fatalf("xruns cost %d frames, want one", lost)
	}
	want := int(away.Seconds() * float64(ear.Rate))
	if lost[0] < uint64(want-g.Period) || lost[0] > uint64(want+g.Period) {
		b.Errorf("%d frames are lost, want %d or a period of %d more or less", lost[0], want, g.Period)
	}
	pcm := fromFirst(heard.PCM)
	pcm = pcm[:lastOf(pcm, frames)]
	// All that was written before is played, with a decay behind it; after a buffer of silence,
	// or more, what follows comes in on a ramp.
	numbers := func(part []byte, from, to int) {
		got := hear.Follow(part)
		if len(part) == 0 || len(got.Faults) > 0 || got.First != uint32(from) || got.Last != uint32(to) {
			b.Errorf("frames %d to %d came, want %d to %d: %v", got.First, got.Last, from, to, got.Faults)
		}
	}
	ramp := audio.RampFrames(ear.Rate, g.Period)
	before, again := lastOf(pcm, int(at)), lastOf(pcm, int(at)+ramp+1)-4
	if before == 0 || again < before {
		b.Fatalf("frame %d is not heard, or not frame %d after it", at, int(at)+ramp+1)
	}
	numbers(pcm[:before], 1, int(at))
	numbers(pcm[again:], int(at)+ramp+1, frames)
	gap := pcm[before:again]
	silent := len(gap)/4 - ramp - audio.RampFrames(ear.Rate, 0)
	if quiet := gap[4*audio.RampFrames(ear.Rate, 0):][:4*max(0, silent)]; silent < g.Period*g.Periods || len(bytes.Trim(quiet, "\x00")) > 0 {
		b.Errorf("after frame %d there are %d frames before frame %d, and not a buffer of silence", at, len(gap)/4, int(at)+ramp+1)
	}
	b.say("not served for %v: one xrun of %d frames; a ramp, silence of %d, a ramp, then %.1f s with every frame",
		away, lost[0], silent, float64(frames-int(at)-ramp)/float64(ear.Rate))
}

// streamAdapts plays what the card does not have.
func streamAdapts(b *bench) {
	want := 20 * math.Log10(toneAmplitude)
	some := false
	for _, ear := range b.card.Ears {
		caps, err := alsa.Describe(card.Address{Card: b.card.Number, Device: ear.PCM}, audio.Play)
		if err != nil {
			b.Fatalf("%v", err)
		}
		if !slices.Equal(caps.Encodings, []audio.Encoding{audio.S16LE}) || caps.Channels != [2]int{2, 2} {
			continue
		}
		some = true
		b.open(ear)
		for _, f := range []audio.Format{
			{Rate: ear.Rate, Channels: 1, Encoding: audio.S16LE}, {Rate: ear.Rate, Channels: 2, Encoding: audio.FloatLE},
		} {
			w := wish(ear, 480)
			w.Format = f
			s := b.stream(w, ear.PCM)
			if got := s.Granted().Format; got != f {
				b.Errorf("granted is %v, want %v", got, f)
			}
			heard, lost := b.hearsStream(ear, s, hear.Sine(f, toneHertz, toneAmplitude, ear.Rate), nil)
			for c := range 2 {
				x := heard.Channel(c)
				at := longest(x, ear.Rate)
				if at.Frames() < ear.Rate-3 || at.Frames() > ear.Rate {
					b.Fatalf("%v, channel %d: %d frames are heard, want %d", f, c, at.Frames(), ear.Rate)
				}
				x = x[at.From+8 : at.To-8]
				tone, breaks := hear.FitTone(x, ear.Rate), hear.Breaks(x, ear.Rate)
				b.say("hw:%s,%d %v: channel %d %.2f dBFS, %.3f Hz", b.card.ID, ear.PCM, f, c, tone.Level, tone.Hertz)
				if math.Abs(tone.Level-want) > 0.1 || math.Abs(tone.Hertz-toneHertz) > 0.01 || len(breaks)+len(lost) > 0 {
					b.Errorf("want %.2f dBFS and %d Hz; %d breaks, xruns: %s", want, toneHertz, len(breaks), costs(lost))
				}
			}
		}
	}
	if !some {
		b.without("it has more formats than S16_LE in stereo, or others")
	}
}
