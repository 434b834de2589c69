package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// stream is an open end as bytes: programs read and write as many as they like, also half a frame.
type stream struct {
	end  *loop.End
	pcm  *pcm.PCM
	host *host
	// turn is held by the call that moves frames, or looks whether it could. sleepers counts the calls that may hold it for
	// long.
	turn     chan struct{}
	sleepers atomic.Int32
	nonblock atomic.Bool // SNDCTL_DSP_NONBLOCK, for good

	in, out rest // guarded by turn

	mu       sync.Mutex
	wake     func() // of the poll that waits; nil: none does
	watching bool
	closed   chan struct{}
}

// rest is the part of a frame that was not yet read, or not yet written.
type rest struct{ bytes []byte }

// openStream opens an end for a program.
func openStream(ctx context.Context, bay *loop.Patchbay, name string, o pcm.Options) (*stream, error) {
	h := newHost()
	s := &stream{host: h, turn: make(chan struct{}, 1), closed: make(chan struct{})}
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
	return s, nil
}

// patience is how long a call that must not block waits for one that looks only.
const patience = time.Millisecond

// enter takes the turn. A call that must not block fails if one that sleeps has it.
func (s *stream) enter(ctx context.Context, nonblock bool) error {
	if !nonblock {
		s.sleepers.Add(1)
	}
	for {
		select {
		case s.turn <- struct{}{}:
			return nil
		default:
		}
		if nonblock && s.sleepers.Load() > 0 {
			return audio.ErrWouldBlock
		}
		again := time.NewTimer(patience)
		select {
		case s.turn <- struct{}{}:
			again.Stop()
			return nil
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			if !nonblock {
				s.sleepers.Add(-1)
			}
			return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
		}
	}
}

// leave gives the turn back, and lets who polls look again.
func (s *stream) leave(nonblock bool) {
	if !nonblock {
		s.sleepers.Add(-1)
	}
	<-s.turn
	s.host.watch.Ring()
}

// read fills buf, or returns what there is when it must not block or the stream ends. least is how many bytes are enough
// to return; 0: all.
func (s *stream) read(ctx context.Context, buf []byte, nonblock bool, least int) (n int, err error) {
	nonblock = nonblock || s.nonblock.Load()
	if err := s.enter(ctx, nonblock); err != nil {
		return 0, err
	}
	defer s.leave(nonblock)
	s.pcm.SetNonblock(nonblock)
	n = s.in.take(buf)
	frame := s.pcm.Format().FrameBytes()
	if whole := (len(buf) - n) / frame; whole > 0 {
		if least > 0 { // enough is a few frames, or what is there if that is more
			whole = min(whole, max((least-n+frame-1)/frame, s.pcm.Avail(), 1))
		}
		got, err := s.pcm.Read(ctx, buf[n:n+whole*frame])
		n += got * frame
		if err != nil && n == 0 {
			return 0, err
		}
		if err != nil || got < whole || n >= least && least > 0 {
			return n, nil
		}
	}
	if n < len(buf) {
		one := make([]byte, frame)
		got, err := s.pcm.Read(ctx, one)
		if got == 1 {
			s.in.bytes = one
			n += s.in.take(buf[n:])
		} else if n == 0 {
			return 0, err
		}
	}
	return n, nil
}

// take moves what is left of a frame into buf.
func (r *rest) take(buf []byte) int {
	n := copy(buf, r.bytes)
	r.bytes = r.bytes[n:]
	return n
}

// write takes data: all, or what fits when it must not block, or what was taken when the reader went.
func (s *stream) write(ctx context.Context, data []byte, nonblock bool) (n int, err error) {
	nonblock = nonblock || s.nonblock.Load()
	if err := s.enter(ctx, nonblock); err != nil {
		return 0, err
	}
	defer s.leave(nonblock)
	s.pcm.SetNonblock(nonblock)
	frame := s.pcm.Format().FrameBytes()
	if have := len(s.out.bytes); have > 0 {
		one := append(s.out.bytes[:have:have], data[:min(frame-have, len(data))]...)
		if len(one) == frame {
			if _, err := s.pcm.Write(ctx, one); err != nil {
				return 0, err
			}
			s.out.bytes = nil
		} else {
			s.out.bytes = one
		}
		n = len(one) - have
	}
	if whole := (len(data) - n) / frame; whole > 0 {
		got, err := s.pcm.Write(ctx, data[n:n+whole*frame])
		n += got * frame
		if err != nil && n == 0 {
			return 0, err
		}
		if err != nil || got < whole {
			return n, nil
		}
	}
	if n < len(data) {
		s.out.bytes = append([]byte(nil), data[n:]...)
	}
	return len(data), nil
}

// setup changes the format or sizes. ErrBusy: a call moves frames, or a session runs.
func (s *stream) setup(ctx context.Context, to pcm.Setup) error {
	if err := s.enter(ctx, true); err != nil {
		return audio.ErrBusy.With("%s: a call of this end sleeps", s.pcm.Name())
	}
	defer s.leave(true)
	if err := s.pcm.Setup(ctx, to); err != nil {
		return err
	}
	s.in.bytes, s.out.bytes = nil, nil
	return nil
}

// halt drops what is buffered, and ends the calls that sleep.
func (s *stream) halt(ctx context.Context) error {
	if err := s.pcm.Halt(ctx); err != nil {
		return err
	}
	if err := s.enter(ctx, true); err == nil {
		s.in.bytes, s.out.bytes = nil, nil
		s.leave(true)
	}
	return nil
}

// fragment returns the frames of a fragment: the period of the end.
func (s *stream) fragment() int { return max(1, int(s.pcm.Format().Frames(pcm.DefaultPeriod))) }

// threshold is how many frames make the end ready for poll(2): a fragment, at most a quarter of the buffer.
func (s *stream) threshold() int { return max(1, min(s.fragment(), s.pcm.Buffer()/4)) }

// close closes the end: a client that wrote waits until ctx ends, or all is played.
func (s *stream) close(ctx context.Context) {
	close(s.closed)
	if ctx.Err() != nil {
		s.pcm.Abandon()
		return
	}
	_ = s.pcm.Close(ctx) // what close(2) returns is not the device's to say
}
