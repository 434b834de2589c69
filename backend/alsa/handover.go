package alsa

import (
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

const kind = "alsa"

// handed is the state in a backend.Handed. Its files are those of Handles, in their order.
type handed struct {
	course
	Granted  backend.Config    `json:"granted"`
	Lead     int               `json:"lead"`
	Linked   bool              `json:"linked"`
	Pitch    int               `json:"pitch"` // steps
	Played   audio.SpliceState `json:"played"`
	Recorded audio.SpliceState `json:"recorded"`
	Handles  []handedHandle    `json:"handles"` // the clock first
}

type handedHandle struct {
	progress
	Play     bool        `json:"play"`
	Params   []byte      `json:"params"` // abi.HWParams
	Period   int         `json:"period"` // frames
	Boundary uint64      `json:"boundary"`
	Tail     *handedTail `json:"tail,omitempty"`
}

type handedTail struct {
	trail
	Length int `json:"length"`
	Played int `json:"played"`
}

// HandOver implements backend.Heir. The card plays and records on: what it does until the next Wait is late by that.
func (s *stream) HandOver() (backend.Handed, error) {
	at := handed{
		course: s.course, Granted: s.granted, Lead: s.lead, Linked: s.linked, Pitch: s.pitch.now(),
		Played: s.ramps.played.State(), Recorded: s.ramps.recorded.State(),
	}
	var files []int
	for _, h := range s.handles() {
		one := handedHandle{
			progress: h.progress, Play: h.play, Params: h.params.Bytes(), Period: h.period, Boundary: h.boundary,
		}
		if t := h.tail; t != nil {
			one.Tail = &handedTail{trail: t.trail, Length: t.length, Played: t.played}
		}
		at.Handles, files = append(at.Handles, one), append(files, h.fd)
	}
	return backend.NewHanded(kind, at, files...)
}

// Resume returns the stream of an open card that h describes, which goes on, and which PCM that is: see backend.Heir. The
// card is not set up again; a card that has stopped meanwhile is started by the next Wait, as after any xrun. It blocks
// briefly. audio.ErrGone: the card was unplugged.
func Resume(h backend.Handed) (backend.Stream, card.Address, error) {
	var state handed
	if err := h.Decode(kind, &state, len(h.Files), 0); err != nil {
		return nil, card.Address{}, err
	}
	s, err := state.stream(h)
	if err != nil {
		return nil, card.Address{}, err
	}
	g, err := backend.GuardResumed(s, h, s.fill)
	if err != nil {
		return nil, card.Address{}, err
	}
	at, err := s.adopt(h)
	if err != nil {
		s.release()
		return nil, card.Address{}, err
	}
	if s.pitch = openPitch(at, s.handles()); s.pitch != nil {
		s.pitch.steps = state.Pitch
	}
	return g, at, nil
}

const (
	large = 1 << 28 // bytes, more than any buffer has
	long  = 1 << 60 // frames, more than any stream counts
)

// stream returns the stream that h describes, without the card.
func (at *handed) stream(h backend.Handed) (*stream, error) {
	g := at.Granted
	switch err := g.Format.Validate(); {
	case err != nil:
		return nil, h.Damaged("%v", err)
	case g.Period < 1 || g.Period > large/g.Format.FrameBytes() || g.Periods < 2 || g.Periods > large/g.Period:
		return nil, h.Damaged("it has %d periods of %d frames", g.Periods, g.Period)
	case len(at.Handles) != len(h.Files):
		return nil, h.Damaged("it has %d files for %d directions", len(h.Files), len(at.Handles))
	case at.Base > long || at.Rel > long || at.Lost > at.Base+at.Rel || at.Begun < 0 || at.Time < 0 || at.Starts < 0:
		return nil, h.Damaged("position %d + %d at %d ns, of which %d are lost, is out of range", at.Base, at.Rel, at.Time, at.Lost)
	}
	s := &stream{granted: g, course: at.course, running: h.Running, resumed: h.Running, linked: at.Linked, idle: !g.Play && !g.Record}
	s.fill = g.Period * g.Periods
	for i, one := range at.Handles {
		p, err := one.handle(h, g.Format.Rate)
		if err != nil {
			return nil, err
		}
		p.fd = h.Files[i]
		if p.play && s.play == nil && i == len(at.Handles)-1 {
			s.play = p
		} else if !p.play && s.record == nil && i == 0 {
			s.record = p
		} else {
			return nil, h.Damaged("it has a direction twice, or the clock is not the first one")
		}
	}
	plays, records := s.play != nil, s.record != nil
	if s.idle && len(at.Handles) != 1 || !s.idle && (plays != g.Play || records != g.Record) {
		return nil, h.Damaged("its directions are not those that it was opened with")
	}
	s.lead = at.Lead
	if err := s.fits(h); err != nil {
		return nil, err
	}
	s.prepare()
	if !s.ramps.played.Restore(at.Played) || !s.ramps.recorded.Restore(at.Recorded) {
		return nil, h.Damaged("its last frames are not of its format")
	}
	return s, nil
}

// handle returns a handle without a descriptor.
func (one *handedHandle) handle(h backend.Handed, rate int) (*pcmHandle, error) {
	params, ok := abi.ParseParams(one.Params)
	if !ok {
		return nil, h.Damaged("its parameters have %d bytes", len(one.Params))
	}
	f, buffer := formatOf(params, rate), params.Interval(abi.BufferSize).Low()
	switch err := f.Validate(); {
	case err != nil:
		return nil, h.Damaged("%v", err)
	case buffer < 2 || buffer > large/f.FrameBytes() || one.Period < 1 || one.Period > buffer:
		return nil, h.Damaged("it has a buffer of %d frames, and periods of %d", buffer, one.Period)
	case one.Boundary < uint64(buffer) || one.Boundary > long<<3 || one.Boundary%uint64(buffer) != 0 || one.Raw >= one.Boundary:
		return nil, h.Damaged("the kernel does not count to %d, of %d, for a buffer of %d", one.Raw, one.Boundary, buffer)
	case one.HW > long || one.Appl > long:
		return nil, h.Damaged("positions %d and %d are out of range", one.HW, one.Appl)
	}
	s := &pcmHandle{play: one.Play, progress: one.progress, boundary: one.Boundary}
	var t *tail
	if given := one.Tail; given != nil {
		if given.Length < 0 || given.Length > buffer || given.Played < 0 || given.Played > buffer || given.End > long {
			return nil, h.Damaged("a tail of %d frames is out of range", given.Length)
		}
		if t = newTail(f, given.Length, given.Played, one.Period); t == nil {
			return nil, h.Damaged("a tail of %d frames is too short", given.Length)
		}
		t.trail = given.trail
	}
	s.fit(f, one.Period, params, t)
	if (s.tail == nil) != (one.Tail == nil) || s.tail != nil && !s.play {
		return nil, h.Damaged("it cannot have a tail")
	}
	return s, nil
}

// fits checks the sizes, and the positions of a stream that runs.
func (s *stream) fits(h backend.Handed) error {
	room := 0
	for _, p := range s.handles() {
		if s.fill > p.buffer {
			return h.Damaged("%d periods of %d frames do not fit into a buffer of %d", s.granted.Periods, s.granted.Period, p.buffer)
		}
		if p.play && !s.idle {
			room = p.room() - s.fill
		}
	}
	if s.lead < 0 || s.lead > room {
		return h.Damaged("a lead of %d frames does not fit", s.lead)
	}
	if !s.running {
		return nil
	}
	switch p, r := s.play, s.record; {
	case p != nil && (p.Appl > p.HW+uint64(p.buffer) || p.Appl+uint64(16*p.buffer) < p.HW):
		return h.Damaged("it has written up to %d, and played up to %d", p.Appl, p.HW)
	case r != nil && (r.Appl > r.HW || r.Appl > s.Rel):
		return h.Damaged("it has read up to %d, and recorded up to %d", r.Appl, r.HW)
	case s.handles()[0].HW < s.Rel:
		return h.Damaged("it is at %d, and the card at %d", s.Rel, s.handles()[0].HW)
	}
	return nil
}

// adopt takes over the open card.
func (s *stream) adopt(h backend.Handed) (at card.Address, err error) {
	for i, p := range s.handles() {
		var info abi.PCMInfo
		if info.Do(p.fd) != nil || (info.Direction == 0) != p.play {
			return at, h.Damaged("descriptor %d is not of a card that goes on", p.fd)
		}
		one := card.Address{Card: int(info.Card), Device: int(info.Device)}
		if i > 0 && one != at {
			return at, h.Damaged("it has the cards %s and %s", at, one)
		}
		at, p.name = one, one.String()
		s.name = p.name
		if err := p.resume(); err != nil {
			return at, s.failure("resume", err)
		}
		if p.sync.State == abi.Running && (p.sync.ApplPtr+p.HW)%p.boundary != (p.Raw+p.Appl)%p.boundary {
			return at, h.Damaged("the card has frames up to %d, and the program up to %d", p.sync.ApplPtr, p.Appl)
		}
		if err := p.reach(); err != nil {
			return at, err
		}
	}
	if err := s.hang(); err != nil {
		return at, err
	}
	for _, p := range s.handles() {
		if _, err := unix.FcntlInt(uintptr(p.fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
			return at, audio.ErrIO.With("%s: %v", s.name, err)
		}
	}
	return at, nil
}

// resume learns where the kernel is.
func (s *pcmHandle) resume() error {
	s.sync.Flags = abi.GetAppl | abi.GetAvailMin
	return s.sync.Do(s.fd)
}

// release gives up what a stream has made that does not go on. The descriptors stay open.
func (s *stream) release() {
	for _, p := range s.handles() {
		p.unmap()
	}
	if s.bell != nil {
		_ = s.bell.Close()
	}
}

// now returns what SetPitch has set.
func (p *pitch) now() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.steps
}
