package alsa

import (
	"bytes"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// tail is what hardware plays that runs dry. The memory is longer than what waits to be
// played, and behind the last frame it holds a decay from that frame, and silence. The kernel
// is not told of those frames: hardware that is served never comes to them, and one that has
// come there, which is an xrun, stops when it has played the decay.
//
//	        hw             appl        appl + ramp             appl + length
//	────────┼───────────────┼──────────────┼──────────────────────┼─────────
//	 played │ to be played  │    decay     │       silence        │  played
//
// Other hardware stops at the last frame: see tailFrames.
type tail struct {
	length int // frames
	played int // frames behind appl after which the decay has surely been heard
	stop   int // ... at which the kernel stops the hardware, later than that
	ramp   *audio.Ramp
	decay  []byte
	quiet  []byte // some frames of silence
	flat   bool   // the decay is silence
	end    uint64 // position up to which there is silence behind the decay
}

const (
	inPackets = 18 // ms that a bus holds in packets at most: MAX_QUEUE of snd-usb-audio

	// Parts of a second.
	inCard   = 500 // by which a card may be ahead of its pointer, beside packets
	patient  = 20  // that hardware runs on, as those of virtual machines are further ahead
	lateStop = 50  // by which an interrupt may be late that stops a card
)

// tailFrames is how much longer the buffer of play has to be for a tail, and after how much of
// that the decay has been heard; 0: there is to be no tail. fill is what waits to be played;
// both: the stream records, too.
//
// There is none where the driver takes frames out of the memory when the kernel is told of
// them: it would play what it took before. One that sends packets fills as many as its buffer
// holds, up to 18 ms: where more of them went into a longer buffer, all would be heard later.
// The buffer of a stream in both directions is longer than that anyway.
func tailFrames(info uint32, rate, period, fill int, both bool) (length, played int) {
	packets := 0
	if info&abi.Batch != 0 {
		packets = rate * inPackets / 1000
	}
	switch {
	case info&(abi.Batch|abi.SyncApplPtr) == abi.SyncApplPtr:
		return 0, 0
	case !both && fill < packets/period*period:
		return 0, 0
	}
	played = audio.RampFrames(rate, 0) + rate/inCard + packets
	return packets + rate/patient + rate/lateStop + 2*period, played
}

// newTail is for memory of so many frames; nil: there is too little.
func newTail(f audio.Format, length, played, period int) *tail {
	if played == 0 || length < played+period {
		return nil
	}
	ramp := audio.NewRamp(f, audio.RampFrames(f.Rate, 0)) // each cycle makes one: as short as it may be
	t := &tail{length: length, played: played, ramp: ramp}
	t.stop = max(played, length-2*period-f.Rate/lateStop)
	t.decay, t.quiet = make([]byte, ramp.Frames()*f.FrameBytes()), make([]byte, min(length, 1024)*f.FrameBytes())
	f.Encoding.Silence(t.quiet)
	return t
}

// hush makes all of the memory silent: the hardware is to start.
func (s *sub) hush() {
	if s.tail != nil {
		s.still(0, uint64(s.buffer))
		s.tail.flat, s.tail.end = true, uint64(s.buffer)
	}
}

// follow puts a tail behind the last frame that was written. What was silent stays as it
// is: that costs a ramp, and as many frames of silence as were written.
func (s *sub) follow(last []byte) {
	t := s.tail
	if t == nil || s.appl+uint64(t.length) > s.hw+uint64(s.buffer) {
		return // there is no room, as in a trial
	}
	ramp, silent := s.appl+uint64(t.ramp.Frames()), bytes.Equal(last, t.quiet[:s.frame])
	switch {
	case !silent:
		t.ramp.Decay(t.decay, last)
		s.lay(t.decay, s.appl)
	case !t.flat:
		s.still(s.appl, ramp)
	default:
		ramp = s.appl
	}
	t.flat = silent
	end := s.appl + uint64(t.length)
	s.still(max(t.end, ramp), end)
	t.end = max(t.end, end)
}

// still makes the memory silent between two positions.
func (s *sub) still(from, to uint64) {
	for room := uint64(len(s.tail.quiet) / s.frame); from < to; {
		part := min(room, to-from)
		s.lay(s.tail.quiet[:int(part)*s.frame], from)
		from += part
	}
}

// lay puts frames into the memory, and tells nobody.
func (s *sub) lay(block []byte, position uint64) {
	for len(block) > 0 {
		at := int(position % uint64(s.buffer))
		part := min(len(block)/s.frame, s.buffer-at)
		s.access(block[:part*s.frame], at)
		block, position = block[part*s.frame:], position+uint64(part)
	}
}

// inTail reports whether the hardware runs, and has passed the last frame.
func (s *sub) inTail() bool { return s.tail != nil && s.hw > s.appl && s.sync.State == abi.Running }

// dry reports whether play has run dry since the tick. Nothing is to be written then: it
// would come in the middle of the decay. Only where too much time has passed does it ask the
// hardware.
func (s *stream) dry() (bool, error) {
	if s.play.tail == nil || s.play.appl > s.play.hw && time.Since(s.looked) < time.Duration(s.duration(s.play.appl-s.play.hw)) {
		return false, nil
	}
	s.looked = time.Now()
	err := s.play.update()
	return s.play.inTail(), err
}

// skip leaves out what was not written in time, where hardware still runs in its tail: it is
// not stopped, and what is written next is heard where it belongs. In both directions that is
// no way: what is recorded has no gap then.
func (s *stream) skip() bool {
	p, to := s.play, s.rel+uint64(s.fill)
	if s.record != nil || p.hw >= p.tail.end || to < p.appl+uint64(p.tail.ramp.Frames()) {
		return false
	}
	n := to - p.appl
	if p.commit(int(n)) != nil {
		return false // it has stopped meanwhile
	}
	p.tail.flat = true // the decay is before appl
	p.follow(p.tail.quiet[:p.frame])
	s.lost += n
	s.ramps.gap()
	return true
}

// fadeOut lets hardware that is to be stopped, and runs, play its tail.
func (s *stream) fadeOut() error {
	p := s.play
	if p == nil || p.tail == nil || p.sync.State != abi.Running {
		return nil
	}
	rest := int(p.appl) + p.tail.played - int(p.hw)
	return s.pause(s.looked, time.Duration(s.duration(uint64(max(0, rest)))))
}

// pause sleeps until so long after a moment, whoever rings the bell.
func (s *stream) pause(after time.Time, long time.Duration) error {
	for {
		rest := long - time.Since(after)
		if rest <= 0 {
			return nil
		}
		if _, err := s.sleep(s.polls[:1], rest); err != nil {
			return err
		}
	}
}

// tailOf is that of play, nil for record. In both directions there is room for lead before it.
func (s *stream) tailOf(sub *sub, set setup, p *abi.HWParams) *tail {
	full := s.fill
	if s.record != nil {
		full += s.granted.Format.Rate / headstart
	}
	if !sub.play || s.idle {
		return nil
	}
	format := set.formats[len(set.formats)-1]
	return newTail(format, min(set.tail, p.Interval(abi.BufferSize).Low()-full), set.played, set.period)
}

// room is how many frames may wait to be played.
func (s *sub) room() int {
	if s.tail == nil {
		return s.buffer
	}
	return s.buffer - s.tail.length
}
