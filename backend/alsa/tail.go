package alsa

import (
	"bytes"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// tail is what hardware plays on an xrun. The memory is longer than the frames waiting to be
// played; behind the last one it holds a decay from that frame and then silence. The kernel does
// not know of these frames. Hardware that is served in time never reaches them; hardware that
// runs dry plays the decay before it stops.
//
//	        hw             appl        appl + ramp             appl + length
//	────────┼───────────────┼──────────────┼──────────────────────┼─────────
//	 played │ to be played  │    decay     │       silence        │  played
//
// Some hardware stops at the last frame: see tailFrames.
type tail struct {
	length int // frames
	played int // frames after appl by which the decay has surely been heard
	stop   int // frames after appl at which the kernel stops the hardware; later than played
	ramp   *audio.Ramp
	decay  []byte
	quiet  []byte // silence to copy from
	trail
}

// trail is what evolves in a tail.
type trail struct {
	Flat bool   `json:"flat,omitempty"` // the decay is silent
	End  uint64 `json:"end"`            // position at which the silence after the decay ends
}

const (
	inPackets = 18 // ms that a bus holds in packets at most: MAX_QUEUE of snd-usb-audio

	// Parts of a second.
	inCard   = 500 // how far a card may be ahead of its pointer, packets aside
	patient  = 20  // how long hardware runs on; in virtual machines it is further ahead
	lateStop = 50  // how late the interrupt that stops a card may come
)

// tailFrames returns by how many frames a tail makes the playback buffer longer, and after how
// many of them the decay has been heard; 0 means no tail. fill is the number of frames that wait
// to be played; both says that the stream also records.
//
// A driver that takes frames from the memory when the kernel is told of them gets no tail: it
// would play what it took before. A driver that sends packets fills as many as its buffer holds,
// up to 18 ms. If a longer buffer held more of them, all frames would be heard later. The buffer
// of a stream in both directions is longer anyway.
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

// newTail returns nil if length leaves too little room.
func newTail(f audio.Format, length, played, period int) *tail {
	if played == 0 || length < played+period {
		return nil
	}
	ramp := audio.NewRamp(f, audio.RampFrames(f.Rate, 0)) // each cycle makes one, so keep it as short as possible
	t := &tail{length: length, played: played, ramp: ramp}
	t.stop = max(played, length-2*period-f.Rate/lateStop)
	t.decay, t.quiet = make([]byte, ramp.Frames()*f.FrameBytes()), make([]byte, min(length, 1024)*f.FrameBytes())
	f.Encoding.Silence(t.quiet)
	return t
}

// hush silences the whole memory before a start.
func (s *pcmHandle) hush() {
	if s.tail != nil {
		s.still(0, uint64(s.buffer))
		s.tail.Flat, s.tail.End = true, uint64(s.buffer)
	}
}

// follow writes a tail behind the last frame. Memory that is already silent is left alone, so it
// costs one ramp and as many frames of silence as were written.
func (s *pcmHandle) follow(last []byte) {
	t := s.tail
	if t == nil || s.Appl+uint64(t.length) > s.HW+uint64(s.buffer) {
		return // no room, as in a trial
	}
	ramp, silent := s.Appl+uint64(t.ramp.Frames()), bytes.Equal(last, t.quiet[:s.frame])
	switch {
	case !silent:
		t.ramp.Decay(t.decay, last)
		s.lay(t.decay, s.Appl)
	case !t.Flat:
		s.still(s.Appl, ramp)
	default:
		ramp = s.Appl
	}
	t.Flat = silent
	end := s.Appl + uint64(t.length)
	s.still(max(t.End, ramp), end)
	t.End = max(t.End, end)
}

// still silences the memory between two positions.
func (s *pcmHandle) still(from, to uint64) {
	for room := uint64(len(s.tail.quiet) / s.frame); from < to; {
		part := min(room, to-from)
		s.lay(s.tail.quiet[:int(part)*s.frame], from)
		from += part
	}
}

// lay copies frames into the memory without telling the kernel.
func (s *pcmHandle) lay(block []byte, position uint64) {
	for len(block) > 0 {
		at := int(position % uint64(s.buffer))
		part := min(len(block)/s.frame, s.buffer-at)
		s.access(block[:part*s.frame], at)
		block, position = block[part*s.frame:], position+uint64(part)
	}
}

// inTail reports whether running hardware has passed the last frame.
func (s *pcmHandle) inTail() bool {
	return s.tail != nil && s.HW > s.Appl && s.sync.State == abi.Running
}

// dry reports whether playback has run dry since the tick. Frames written then would land inside
// the decay. It asks the hardware only if enough time has passed for that.
func (s *stream) dry() (bool, error) {
	p := s.play
	if p.tail == nil || p.Appl > p.HW && time.Since(s.looked) < time.Duration(s.duration(p.Appl-p.HW)) {
		return false, nil
	}
	s.looked = time.Now()
	err := p.update()
	return p.inTail(), err
}

// skip drops frames that were not written in time while the hardware is still in its tail, so
// that it need not stop and the next frames are heard where they belong. A stream in both
// directions cannot skip, as recording would have no gap.
func (s *stream) skip() bool {
	p, to := s.play, s.Rel+uint64(s.fill)
	if s.resumed {
		to = min(to, p.HW+uint64(s.shortLead()))
	}
	if s.record != nil || p.HW >= p.tail.End || to < p.Appl+uint64(p.tail.ramp.Frames()) {
		return false
	}
	n := to - p.Appl
	if p.commit(int(n)) != nil {
		return false // it has stopped by now
	}
	p.passOver()
	s.Lost += n
	s.ramps.gap()
	return true
}

// passOver makes what was skipped up to appl silent, also behind the end of the tail, where the memory has what was played
// long ago.
func (s *pcmHandle) passOver() {
	s.still(s.tail.End, s.Appl)
	s.tail.End, s.tail.Flat = max(s.tail.End, s.Appl), true // the decay lies before appl
	s.follow(s.tail.quiet[:s.frame])
}

// fadeOut lets running hardware play its tail before it is stopped.
func (s *stream) fadeOut() error {
	p := s.play
	if p == nil || p.tail == nil || p.sync.State != abi.Running {
		return nil
	}
	rest := int(p.Appl) + p.tail.played - int(p.HW)
	return s.pause(s.looked, time.Duration(s.duration(uint64(max(0, rest)))))
}

// pause sleeps until a duration after a moment, and ignores Wake.
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

// tailOf returns the tail for play, nil for record. In both directions it leaves room for lead.
func (s *stream) tailOf(h *pcmHandle, set setup, p *abi.HWParams) *tail {
	full := s.fill
	if s.record != nil {
		full += s.granted.Format.Rate / headstart
	}
	if !h.play || s.idle {
		return nil
	}
	format := set.formats[len(set.formats)-1]
	return newTail(format, min(set.tail, p.Interval(abi.BufferSize).Low()-full), set.played, set.period)
}

// room returns how many frames may wait to be played.
func (s *pcmHandle) room() int {
	if s.tail == nil {
		return s.buffer
	}
	return s.buffer - s.tail.length
}
