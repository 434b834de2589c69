package portaudio

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// ticker is the engine's side of a flow.
type ticker struct {
	at   uint64 // position of the last tick
	when int64
	fill uint64 // frames that wait to be played at a tick, after Write

	told    uint64 // sum of gaps, missed and unheard at the last tick
	dropped uint64 // recorded frames not read in time
	lost    uint64 // not yet reported in a tick
}

// tick returns the whole periods that have passed since the last one, or false for none. If
// woken, it repeats the last tick with what is left of it. It neither blocks nor allocates.
//
// A burst longer than the buffer becomes several ticks in a row. An engine that was late gets one
// tick, which drops what is lost.
func (f *flow) tick(woken bool) (backend.Tick, bool) {
	position, time := f.now()
	whole := position / f.period * f.period
	step := whole - f.at
	if step == 0 && !woken {
		return backend.Tick{}, false
	}
	f.grow()
	if (f.play != nil || f.record != nil) && step <= f.fill {
		step = min(step, f.buffer)
	}
	f.at += step
	if step > 0 {
		f.when = max(f.when+1, time-f.duration(position-f.at))
	}
	t := backend.Tick{Position: f.at, Time: f.when}
	f.ticked.Store(true)
	if f.record != nil {
		t.Readable = f.unread()
	}
	if f.play != nil {
		t.Writable = f.unwritten(position)
	}
	t.Lost = f.losses()
	return t, true
}

// duration returns the length of frames in ns.
func (f *flow) duration(frames uint64) int64 { return int64(audio.MulDiv(frames, 1e9, f.rate)) }

// grow makes room for the longest burst so far.
func (f *flow) grow() {
	burst := (f.burst.Load() + f.period - 1) / f.period * f.period
	if burst > f.fill {
		f.fill = burst
	}
}

// unread returns how many recorded frames up to the tick are there. It drops what the engine has
// left for too long.
func (f *flow) unread() int {
	from := max(f.read.Load(), min(f.firstKept.Load(), f.at))
	if from+f.buffer < f.at {
		from = f.at - f.buffer
	}
	if skipped := from - f.read.Load(); skipped > 0 {
		f.dropped += skipped
		f.seams.heard.Gap()
	}
	f.read.Store(from)
	return int(f.at - from)
}

// unwritten returns how many frames fill the playback buffer. Frames beyond it are silence already.
func (f *flow) unwritten(position uint64) int {
	if f.written.Load() < position {
		f.written.Store(position) // too late for those before; the callback counts them
		f.seams.given.Reset()
	}
	full := f.at + f.fill
	if from := f.written.Load(); full > from+f.buffer {
		f.pause(full - from - f.buffer)
	}
	return int(full - min(full, f.written.Load()))
}

// silence plays n frames of silence.
func (f *flow) silence(n uint64) {
	for n > 0 {
		part := min(n, f.period)
		f.store(f.quiet[:int(part)*f.play.frame])
		n -= part
	}
}

// put plays whole frames and get returns recorded ones, at most what the tick has.
func (f *flow) put(block []byte) {
	f.seams.begun = true
	f.seams.given.Pass(block)
	f.store(block)
}

func (f *flow) store(block []byte) {
	at := f.written.Load()
	f.play.store(at, block)
	f.written.Store(at + uint64(len(block)/f.play.frame))
}

func (f *flow) get(block []byte) {
	at := f.read.Load()
	f.record.load(at, block)
	f.seams.heard.Pass(block)
	f.read.Store(at + uint64(len(block)/f.record.frame))
}

// losses returns the frames lost since the last tick. A frame lost in both directions counts once.
func (f *flow) losses() uint64 {
	gaps, missed, heard := f.gaps.Load(), f.missed.Load(), f.unheard.Load()+f.dropped
	total := gaps + max(missed, heard-min(heard, gaps))
	if total > f.told {
		f.lost += total - f.told
		f.told = total
	}
	told := min(f.lost, f.at)
	f.lost -= told
	return told
}
