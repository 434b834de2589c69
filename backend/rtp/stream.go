package rtp

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// stream is the driver below the guard.
type stream struct {
	o       Options
	granted backend.Config
	net     Net
	buffer  int // frames
	frame   int // bytes
	counts  counts

	course
	atomic Atomic  // nil: PTP is not followed
	intake *intake // nil: receives nothing
	packer *packer // nil: sends nothing
	batch  [batchSize]Datagram

	reports *reporting // nil: of a simulated network
	given   bool       // handed over: closing it ends nothing
}

// course is where the clock of the stream is.
type course struct {
	pace
	Running            bool   `json:"running,omitempty"`
	Position           uint64 `json:"position"` // of the last tick
	Time               int64  `json:"time"`     // of the last tick
	readable, writable int    // frames of that tick left to Read and Write
}

var (
	_ backend.Networked = (*stream)(nil)
	_ backend.Delayer   = (*stream)(nil)
	_ backend.Heir      = (*stream)(nil)
	_ backend.Parker    = (*stream)(nil)
)

func (s *stream) Granted() backend.Config { return s.granted }

func (s *stream) Wake() { s.net.Wake() }

// Parks implements backend.Parker.
func (s *stream) Parks() bool {
	n, ok := s.net.(*sockets)
	return ok && n.parks
}

// sends reports whether there is somewhere to send to.
func (s *stream) sends() bool { return s.o.Send != nil && s.granted.Play }

// Delay implements backend.Delayer. Frames to play wait until their packet is full, and those that came in the jitter buffer.
func (s *stream) Delay() (play, record int) {
	if s.packer != nil {
		play = s.packer.fill
	}
	if s.intake != nil && s.granted.Record {
		record = int(s.intake.Depth)
	}
	return play, record
}

// Start begins at position 0 now. A clock that was heard until now goes on; otherwise the first packet sets it.
func (s *stream) Start() error {
	s.counts.bye.Store(false)
	now := s.net.Now()
	if s.packer != nil {
		s.packer.start(s.position(now))
	}
	was := s.Zero
	if s.atomic != nil {
		if err := s.followTAI(true); err != nil {
			return err
		}
		if s.packer != nil {
			s.packer.Stamp = s.o.Send.Offset + uint32(s.Zero)
		}
	} else if s.intake == nil {
		s.pace.Frame, s.pace.At = 0, now
	}
	if in := s.intake; in != nil {
		if err := s.takeWaiting(now); err != nil {
			return err
		}
		in.start(now, s.Zero-was, &s.pace)
	}
	s.Position, s.Time, s.readable, s.writable = 0, now, 0, 0
	s.Running = true
	return nil
}

// takeWaiting takes what came while the stream was stopped, for its clock, or nothing of it if that is too old.
func (s *stream) takeWaiting(now int64) error {
	switch {
	case s.intake.stale(now):
		return s.discard(now)
	case s.atomic != nil:
		return nil // it can still be recorded
	}
	return s.receive(now)
}

// Stop leaves position and time for the ticks of the stopped stream.
func (s *stream) Stop() error {
	s.Running = false
	if s.intake != nil {
		s.intake.First = Never
	}
	s.readable, s.writable = 0, 0
	return nil
}

func (s *stream) Close() error {
	s.reports.close(!s.given)
	return s.net.Close()
}

// Wait sleeps until the next period is due, then takes all packets that have come.
func (s *stream) Wait() (backend.Tick, error) {
	s.given = false
	if !s.Running {
		_, err := s.net.Sleep(Never)
		return s.tick(0), err
	}
	for {
		if s.atomic != nil {
			if err := s.followTAI(false); err != nil {
				return backend.Tick{}, err
			}
		}
		due := s.timeOf(int64(s.Position) + int64(s.granted.Period))
		woken, err := s.net.Sleep(due)
		if err != nil {
			return backend.Tick{}, err
		}
		if err := s.ended(); err != nil {
			return backend.Tick{}, err
		}
		if now := s.net.Now(); now >= due {
			return s.pass(now)
		}
		if woken {
			return s.tick(0), nil
		}
	}
}

// ended returns why the sender is gone, if it has said so.
func (s *stream) ended() error {
	if !s.counts.bye.Swap(false) {
		return nil
	}
	return audio.ErrGone.With("the sender of %v has said goodbye", s.o.Receive.Paths[0].To)
}

// pass advances the position by all whole periods that have passed, and takes what has come.
func (s *stream) pass(now int64) (backend.Tick, error) {
	period := int64(s.granted.Period)
	next := max(s.position(now)/period*period, int64(s.Position)+period) // a time is rounded to a ns
	was := s.Position
	lost := s.advance(uint64(next) - was)
	at := s.timeOf(next)
	if s.intake != nil {
		if err := s.receive(now); err != nil {
			return backend.Tick{}, err
		}
		if s.atomic == nil {
			s.intake.Near.trust(s.intake.Locked, float64(uint64(next)-was)/float64(s.granted.Format.Rate))
			at = min(now+early, s.intake.Near.timeOf(next, &s.pace))
		}
	}
	if err := s.trouble(now); err != nil {
		return backend.Tick{}, err
	}
	s.Time = max(s.Time+1, at)
	return s.tick(lost), nil
}

// advance moves the position, and returns how many frames the engine was too late for.
func (s *stream) advance(frames uint64) (lost uint64) {
	s.Position += frames
	switch {
	case s.granted.Record:
		if s.readable, lost = add(s.readable, frames, s.buffer); lost > 0 {
			s.intake.skip(lost)
		}
	case s.intake != nil: // only the clock
		s.intake.skip(frames)
	}
	if s.granted.Play {
		var unplayed uint64
		s.writable, unplayed = add(s.writable, frames, s.buffer)
		lost = max(lost, unplayed)
	}
	return lost
}

// trouble returns why the stream cannot go on, or nil.
func (s *stream) trouble(now int64) error {
	limit := int64(s.o.Timeout)
	if p := s.packer; p != nil && p.Tried > 0 && now-p.Tried > limit {
		return audio.ErrGone.With("the network takes no packets to %v any more; is its interface down?", p.to.Paths[0].To)
	}
	in := s.intake
	switch {
	case in == nil:
		return nil
	case in.rate > 0:
		return s.wrongRate(in.rate)
	case in.foreign != 0:
		return s.foreignClock(in.foreign)
	case now-in.Heard > limit:
		return audio.ErrGone.With("no packets come to %v any more: nothing in %v",
			s.o.Receive.Paths[0].To, time.Duration(now-in.Heard).Round(time.Millisecond))
	}
	return nil
}

// add returns have + n up to size, and what exceeds it.
func add(have int, n uint64, size int) (int, uint64) {
	if room := uint64(size - have); n > room {
		return size, n - room
	}
	return have + int(n), 0
}

func (s *stream) tick(lost uint64) backend.Tick {
	return backend.Tick{Position: s.Position, Time: s.Time, Readable: s.readable, Writable: s.writable, Lost: lost}
}

// batchSize is how many datagrams are taken with one call of the system.
const batchSize = 32

// receive takes the datagrams that are there, but not more than the time since the last ones can have brought: whoever floods the
// port does not keep the engine from its cycle.
func (s *stream) receive(now int64) error {
	in := s.intake
	if !s.Running {
		in.rests(s.position(now))
	}
	for left := in.budget(now); left > 0; {
		n, err := s.net.Receive(s.batch[:min(left, batchSize)])
		if err != nil {
			return err
		}
		for i := range s.batch[:n] {
			in.take(&s.batch[i], &s.pace)
		}
		if left -= n; n < min(left+n, batchSize) {
			break
		}
	}
	in.observe(&s.pace)
	return nil
}

// discard takes what came while nobody wanted it.
func (s *stream) discard(now int64) error {
	for left := s.intake.budget(now); left > 0; {
		n, err := s.net.Receive(s.batch[:])
		if err != nil || n == 0 {
			return err
		}
		left -= n
	}
	return nil
}

func (s *stream) Read(block []byte) (int, error) {
	s.intake.read(block)
	n := len(block) / s.frame
	s.readable -= n
	return n, nil
}

func (s *stream) Write(block []byte) (int, error) {
	s.packer.write(block, s.Position-uint64(s.writable), s.net, &s.counts)
	n := len(block) / s.frame
	s.writable -= n
	return n, nil
}
