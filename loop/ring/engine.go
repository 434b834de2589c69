package ring

import "github.com/loopbridge/loopbridge/audio"

// Source is the engine's half of a playback ring. One goroutine at a time may use it; no method
// blocks or allocates.
type Source struct {
	pos   uint64 // our position: frames taken
	seen  uint64 // the program's position when last read
	waked uint64 // the last value of wake that rang the bell
	Ring         // a copy: a cycle finds all it needs in one place
}

// NewSource returns the engine's half of a playback ring. Call it once for each ring.
func NewSource(r *Ring) *Source { return &Source{Ring: *r} }

// Avail returns how many frames can be taken. ErrProtocol: the program's position is impossible.
func (s *Source) Avail() (frames int, err error) {
	at := s.header.program.Load()
	if at < s.seen || at-s.pos > s.size {
		return 0, audio.ErrProtocol
	}
	s.seen = at
	return int(at - s.pos), nil
}

// Peek returns the memory of the next n frames, n ≤ Avail, in one or two pieces.
func (s *Source) Peek(n int) (a, b []byte) { return s.segments(s.pos, uint64(n)) }

// Take returns n frames to the program as room.
func (s *Source) Take(n int) {
	s.pos += uint64(n)
	s.header.daemon.Store(s.pos)
}

// Flush drops what the program wrote and was not taken, and returns how many frames. It leaves a
// bad position for Avail to find.
func (s *Source) Flush() int {
	n, err := s.Avail()
	if err != nil {
		return 0
	}
	s.Take(n)
	return n
}

// Restart lets the program take back frames it wrote before the start. For control, while no line
// uses the ring.
func (s *Source) Restart() { s.seen = s.pos }

// Taken returns the position.
func (s *Source) Taken() uint64 { return s.pos }

// Due reports whether to ring the bell: once for each position the program asked to be woken at.
func (s *Source) Due() bool { return due(&s.Ring, s.pos, &s.waked) }

// Sink is the engine's half of a capture ring. One goroutine at a time may use it; no method blocks
// or allocates.
type Sink struct {
	pos   uint64 // our position: frames given
	seen  uint64 // the program's position when last read
	waked uint64 // the last value of wake that rang the bell
	Ring         // a copy, as in Source
}

// NewSink returns the engine's half of a capture ring. Call it once for each ring.
func NewSink(r *Ring) *Sink { return &Sink{Ring: *r} }

// Room returns how many frames fit without dropping any. ErrProtocol: the program's position is impossible.
func (s *Sink) Room() (frames int, err error) {
	at := s.header.program.Load()
	if at < s.seen || at > s.pos {
		return 0, audio.ErrProtocol
	}
	s.seen = at
	return int(s.size - (s.pos - at)), nil
}

// reserveTries bounds the race with a reader. An honest reader makes room each time it wins.
const reserveTries = 64

// Reserve returns memory for the next n frames, n ≤ capacity, in one or two pieces. It drops as many of the
// oldest frames as it needs to make room, and returns how many. ErrProtocol as for Room.
func (s *Sink) Reserve(n int) (a, b []byte, dropped int, err error) {
	for range reserveTries {
		room, err := s.Room()
		if err != nil {
			return nil, nil, 0, err
		}
		if missing := uint64(max(0, n-room)); missing == 0 {
			a, b = s.segments(s.pos, uint64(n))
			return a, b, 0, nil
		} else if s.header.program.CompareAndSwap(s.seen, s.seen+missing) {
			s.seen += missing
			a, b = s.segments(s.pos, uint64(n))
			return a, b, int(missing), nil
		}
	}
	return nil, nil, 0, audio.ErrProtocol
}

// Give publishes n frames that were written to what Reserve returned.
func (s *Sink) Give(n int) {
	s.pos += uint64(n)
	s.header.daemon.Store(s.pos)
}

// Given returns the position.
func (s *Sink) Given() uint64 { return s.pos }

// Due does what Source.Due does.
func (s *Sink) Due() bool { return due(&s.Ring, s.pos, &s.waked) }

func due(r *Ring, pos uint64, waked *uint64) bool {
	w := r.header.wake.Load()
	if w == 0 || w == *waked || pos < w {
		return false
	}
	*waked = w
	return true
}
