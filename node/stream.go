package node

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/cuse"
)

// stream is an open end as bytes: programs read and write as many as they like, also half a frame. No goroutine sleeps in a
// transfer: those that must wait are in a queue, and the follower goes on with them when the engine rings.
type stream struct {
	end      *loop.End
	pcm      *pcm.PCM
	host     *host
	asked    audio.Direction // at the open
	nonblock atomic.Bool     // SNDCTL_DSP_NONBLOCK, for good

	mu      sync.Mutex // nobody sleeps with it, but for an answer of the engine
	queue   []waiting  // the first one moves
	in, out rest
	watcher watcher
	closed  bool
}

// waiting is a transfer, and how it waits.
type waiting struct {
	*cuse.Transfer
	nonblock bool // a server sleeps all the same until its client starts
	least    int  // bytes that are enough for a read to return; 0: all
}

// rest is the part of a frame that was not yet read, or not yet written.
type rest struct{ bytes []byte }

// openStream opens an end for a program.
func openStream(ctx context.Context, bay *loop.Patchbay, name string, o pcm.Options) (*stream, error) {
	h := newHost()
	s := &stream{host: h, asked: o.Direction}
	begun := make(chan struct{})
	h.gone = func() {
		<-begun
		if s.end != nil {
			s.end.Abandon()
		}
	}
	defer close(begun)
	end, err := bay.Attach(ctx, name, o, h)
	if err != nil {
		return nil, err
	}
	s.end, s.pcm = end, pcm.New(name, o, end.Grant(), end, h)
	go s.follow()
	return s, nil
}

// follow goes on with what waits whenever the engine rings, until the stream is closed.
func (s *stream) follow() {
	for range s.host.Bell {
		if !s.again() {
			return
		}
	}
}

// again moves what can be moved now, and looks on behalf of a poll. It returns false once the stream is closed.
func (s *stream) again() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 && s.moveLocked(s.queue[0]) {
		s.queue[0].Done()
		s.queue = append(s.queue[:0], s.queue[1:]...)
	}
	s.lookLocked()
	return !s.closed
}

// transfer begins a read or write: true if that is all, and otherwise it is in the queue. It never sleeps.
func (s *stream) transfer(t *cuse.Transfer, nonblock bool, least int) bool {
	w := waiting{t, nonblock || s.nonblock.Load(), least}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		t.Err = audio.ErrClosed
		return true
	case len(s.queue) > 0 && w.nonblock:
		t.Err = audio.ErrWouldBlock
		return true
	case len(s.queue) == 0 && s.moveLocked(w):
		s.lookLocked()
		return true
	}
	s.queue = append(s.queue, w)
	return false
}

// interrupt ends a transfer that waits.
func (s *stream) interrupt(t *cuse.Transfer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.queue {
		if s.queue[i].Transfer == t {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			s.endLocked(t, audio.ErrInterrupted)
			s.host.Ring() // it is another one's turn, perhaps
			return
		}
	}
}

// endLocked answers a transfer that is not in the queue any more.
func (s *stream) endLocked(t *cuse.Transfer, why error) {
	t.Err = why // told if nothing was moved
	t.Done()
}

// endAllLocked answers all that wait.
func (s *stream) endAllLocked(why error) {
	for _, w := range s.queue {
		s.endLocked(w.Transfer, why)
	}
	s.queue = s.queue[:0]
}

// setup changes the format or sizes. ErrBusy: a transfer waits, or a session runs.
func (s *stream) setup(ctx context.Context, to pcm.Setup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) > 0 {
		return audio.ErrBusy.With("%s: a call of this end sleeps", s.pcm.Name())
	}
	if err := s.pcm.Setup(ctx, to); err != nil {
		return err
	}
	s.in.bytes, s.out.bytes = nil, nil
	return nil
}

// halt drops what is buffered, and ends the transfers that wait.
func (s *stream) halt(ctx context.Context) error {
	s.mu.Lock()
	s.endAllLocked(audio.ErrInterrupted)
	s.in.bytes, s.out.bytes = nil, nil
	s.mu.Unlock()
	err := s.pcm.Halt(ctx)
	s.host.Ring() // what has come meanwhile waits for the next session
	return err
}

// forget ends a close that nobody waits for any more: the rest is played all the same, unless a pause holds it, which nobody
// can end.
func (s *stream) forget() {
	if s.end != nil {
		s.end.Abandon()
	}
}

// fragment returns the frames of a fragment: the period of the end.
func (s *stream) fragment() int { return max(1, int(s.pcm.Format().Frames(pcm.DefaultPeriod))) }

// threshold is how many frames make the end ready for poll(2): a fragment, at most a quarter of the buffer.
func (s *stream) threshold() int { return max(1, min(s.fragment(), s.pcm.Buffer()/4)) }

// close closes the end: a client that wrote waits until ctx ends, or all is played. ErrInterrupted: ctx has ended, and the rest is
// played all the same; close waits for it when it is called again. Other failures are not the device's to say.
func (s *stream) close(ctx context.Context) error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.endAllLocked(audio.ErrClosed)
	s.mu.Unlock()
	s.host.Ring() // the follower ends
	var err error
	switch {
	case again && s.end == nil: // all was played before a handover
	case again:
		err = s.end.ResumeClose(ctx)
	case ctx.Err() != nil:
		s.pcm.Abandon()
	default:
		err = s.pcm.Close(ctx)
	}
	if errors.Is(err, audio.ErrInterrupted) {
		return audio.ErrInterrupted
	}
	return nil
}
