package portaudio

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
)

// flow is what PortAudio's callback and the engine share: two rings and the progress of the
// clock. Frames are numbered since Start. The callback plays frame n at position n, or silence if
// it is late, so the playback ring stays in step.
//
//	play    read here: position ──▶ … written ──▶ position + fill, kept full by the engine
//	record  read here by the engine: read ──▶ … ──▶ position, written by the callback
//
// Each atomic field has one writer. The engine owns everything between reset and Start and after
// the last callback.
type flow struct {
	rate         uint64
	period       uint64
	buffer       uint64 // Period × Periods, frames
	room         uint64 // frames in each ring
	play, record *ring  // nil if not opened
	bell         bell
	quiet        []byte // a period of silence
	seams        seams

	// Written by the callback.
	count     atomic.Uint64 // odd while position and time change
	position  atomic.Uint64
	time      atomic.Int64  // of position, ns of CLOCK_MONOTONIC
	gaps      atomic.Uint64 // frames of position that PortAudio lost
	missed    atomic.Uint64 // frames that came too late to be played
	unheard   atomic.Uint64 // frames that PortAudio could not record in time
	firstKept atomic.Uint64 // first recorded frame still in the ring
	burst     atomic.Uint64 // most frames moved at once
	together  uint64        // frames of the burst in progress
	called    int64         // time of the last callback; 0: none

	// Written by the engine.
	written atomic.Uint64
	read    atomic.Uint64
	ticked  atomic.Bool // the engine runs: frames that it is late for count
	ticker
}

// newFlow takes the formats of both directions; a zero format means not opened.
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

// longestBurst is how many frames a device may move at once beyond the buffer.
const longestBurst = 8192

// reset starts a run at position 0 at time now with playback full of silence. It keeps the longest burst.
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

// trouble holds the flags that PortAudio sets in a callback.
type trouble uint8

const (
	xrun     trouble = 1 << iota // frames were lost before this block
	noPlay                       // silence was played before this block
	noRecord                     // the recorded block is silence
)

// process is the callback. It moves the same number of whole frames in both directions; in or out is nil
// if that direction is not open. It runs on PortAudio's thread and neither blocks nor allocates.
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
			f.firstKept.Store(at + n) // the engine sleeps, and drops them when it wakes up
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

// take plays frames of the ring, with a ramp and silence for missing ones.
func (f *flow) take(at uint64, out []byte) {
	frames := uint64(len(out) / f.play.frame)
	written := f.written.Load() // read once: a late engine may still be writing
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

// gap returns how many frames PortAudio has lost, in whole periods, from the time passed.
func (f *flow) gap(now int64, frames uint64) uint64 {
	passed := audio.MulDiv(uint64(max(0, now-f.called)), f.rate, 1e9)
	return max(1, (passed-min(passed, frames))/f.period) * f.period
}

// measure updates burst: callbacks that follow each other faster than their frames last belong to
// one burst.
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

// now returns position and time of the last callback. The engine calls it.
func (f *flow) now() (position uint64, time int64) {
	for {
		before := f.count.Load()
		position, time = f.position.Load(), f.time.Load()
		if before%2 == 0 && f.count.Load() == before {
			return position, time
		}
	}
}
