package portaudio

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
)

// flow is what PortAudio's callback and the engine share: two rings, and how far the clock
// has come. Frames are numbered since Start. The callback plays frame n when its position
// is n, whether or not it is there in time, so the ring of play never gets out of step.
//
//	play    read here: position ──▶ … written ──▶ position + fill, kept full by the engine
//	record  read here by the engine: read ──▶ … ──▶ position, written by the callback
//
// What is atomic is written by one side only. Between reset and Start, and after the
// callbacks have ended, everything is the engine's.
type flow struct {
	rate         uint64
	period       uint64
	buffer       uint64 // Period × Periods, frames
	room         uint64 // of the rings, frames
	play, record *ring  // nil: not opened
	bell         bell
	quiet        []byte // a period of silence to play
	seams        seams

	// The callback's.
	count     atomic.Uint64 // odd while position and time change
	position  atomic.Uint64
	time      atomic.Int64  // of position, ns of CLOCK_MONOTONIC
	gaps      atomic.Uint64 // frames of position that PortAudio has lost
	missed    atomic.Uint64 // that were not there to be played
	unheard   atomic.Uint64 // that PortAudio had not when it should have recorded them
	firstKept atomic.Uint64 // recorded frames are there from here to position, as far as they are not read
	burst     atomic.Uint64 // most frames that were moved at once
	together  uint64        // frames of the burst that goes on
	called    int64         // time of the last callback, 0: none

	// The engine's.
	written atomic.Uint64
	read    atomic.Uint64
	ticked  atomic.Bool // it is at work: what it is too late for counts
	ticker
}

// newFlow takes the formats of both directions, zero for one that is not opened.
func newFlow(rate, period, periods int, play, record audio.Format) *flow {
	f := &flow{rate: uint64(rate), period: uint64(period), buffer: uint64(period * periods)}
	f.room = 4*f.buffer + longestBurst
	if !play.IsZero() {
		f.play = newRing(int(f.room), play.FrameBytes())
		f.quiet = make([]byte, period*play.FrameBytes())
		play.Encoding.Silence(f.quiet)
	}
	if !record.IsZero() {
		f.record = newRing(int(f.room), record.FrameBytes())
	}
	f.seams = newSeams(period, audio.RampFrames(rate, period), play, record)
	return f
}

// longestBurst is how many frames a device may move at once, beside what the buffer holds.
const longestBurst = 8192

// reset begins a run at position 0, which is now, with play full of silence. A burst that was seen once
// is remembered.
func (f *flow) reset(now int64) {
	f.count.Store(0)
	f.position.Store(0)
	f.time.Store(now)
	f.gaps.Store(0)
	f.missed.Store(0)
	f.unheard.Store(0)
	f.firstKept.Store(0)
	f.together, f.called = 0, 0
	f.read.Store(0)
	f.ticked.Store(false)
	f.ticker = ticker{when: now, fill: max(f.fill, f.buffer)}
	f.written.Store(0)
	f.seams.reset()
	if f.play != nil {
		f.silence(f.fill)
	}
}

// trouble is what PortAudio flags in a callback.
type trouble uint8

const (
	xrun     trouble = 1 << iota // frames were lost before this block
	noPlay                       // nothing was played before this block
	noRecord                     // the recorded block is silence: there was nothing yet
)

// process is the callback: it moves whole frames, as many in both directions; in or out is
// nil where that is not open. It runs on PortAudio's thread, and does not block or allocate.
func (f *flow) process(in, out []byte, frames int, now int64, what trouble) {
	at, n := f.position.Load(), uint64(frames)
	if what&xrun != 0 && f.called != 0 {
		gap := f.gap(now, n)
		at += gap
		f.gaps.Add(gap)
		f.firstKept.Store(at)
		if f.play != nil && what&noPlay != 0 {
			f.seams.played.GapAfterSilence()
		} else if f.play != nil {
			f.seams.played.Gap()
		}
	}
	if what&noRecord != 0 {
		f.unheard.Add(n)
	}
	f.measure(now, n)
	if f.play != nil {
		f.take(at, out)
	}
	if f.record != nil {
		if at+n > f.read.Load()+f.room {
			f.firstKept.Store(at + n) // the engine sleeps: it drops all of it when it comes
		} else {
			f.record.store(at, in)
			f.seams.store(f.record, at, n, what&noRecord != 0)
		}
	}
	before := f.position.Load() / f.period
	f.count.Add(1)
	f.time.Store(now)
	f.position.Store(at + n)
	f.count.Add(1)
	if (at+n)/f.period > before {
		f.bell.ring()
	}
}

// take plays frames of the ring, and for those that are not there a ramp and silence.
func (f *flow) take(at uint64, out []byte) {
	frames := uint64(len(out) / f.play.frame)
	written := f.written.Load() // once: an engine that was late may write on meanwhile
	n := min(frames, written-min(at, written))
	there, lack := out[:int(n)*f.play.frame], out[int(n)*f.play.frame:]
	f.play.load(at, there)
	for rest := lack; len(rest) > 0; {
		rest = rest[copy(rest, f.quiet):]
	}
	late := f.ticked.Load()
	if n < frames && late {
		f.missed.Add(frames - n)
	}
	f.seams.pass(there, lack, late)
}

// gap is how many frames PortAudio has lost, whole periods: it does not say, but time does.
func (f *flow) gap(now int64, frames uint64) uint64 {
	passed := audio.MulDiv(uint64(max(0, now-f.called)), f.rate, 1e9)
	return max(1, (passed-min(passed, frames))/f.period) * f.period
}

// measure finds out how many frames come at once: callbacks that follow each other faster
// than the frames can have passed are one burst.
func (f *flow) measure(now int64, frames uint64) {
	if f.called != 0 && audio.MulDiv(uint64(max(0, now-f.called)), f.rate, 1e9) < frames/2 {
		f.together += frames
	} else {
		f.together = frames
	}
	if f.together > f.burst.Load() && f.together <= longestBurst {
		f.burst.Store(f.together)
	}
	f.called = now
}

// now is the position and its time, as of the last callback. For the engine.
func (f *flow) now() (position uint64, time int64) {
	for {
		before := f.count.Load()
		position, time = f.position.Load(), f.time.Load()
		if before%2 == 0 && f.count.Load() == before {
			return position, time
		}
	}
}
