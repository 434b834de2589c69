package pcm

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Read fills buf with whole frames and returns how many. It blocks until buf is full; the count is
// short at the end of the stream, when ctx ends, and in non-blocking mode. If it has none it
// returns an error: ErrReset at the end of the stream, ErrWouldBlock, ErrInterrupted (ctx, or a
// Halt by another goroutine), ErrTimedOut (start_timeout), ErrUnsupported on an end opened to
// write, ErrAccess on an end that asked for both directions and was granted writing.
func (p *PCM) Read(ctx context.Context, buf []byte) (frames int, err error) {
	return p.transfer(ctx, Read, buf)
}

// Write takes whole frames from buf and returns how many. It blocks until all of buf is in the
// ring. Errors as for Read; ErrReset as soon as the reader has gone.
//
// An empty buf is an eof mark, the zero-length write of audio(7I): once everything written before
// it is taken, eof counts up, and running dry there is no xrun.
func (p *PCM) Write(ctx context.Context, buf []byte) (frames int, err error) {
	if len(buf) == 0 {
		return 0, p.mark(ctx)
	}
	return p.transfer(ctx, Write, buf)
}

func (p *PCM) mark(ctx context.Context) error {
	if _, err := p.transfer(ctx, Write, nil); err != nil { // fails as any write
		return err
	}
	p.io.Lock()
	defer p.io.Unlock()
	if p.closed.Load() {
		return p.errClosed()
	}
	if p.io.ring.State() == ring.Ended {
		return p.ended()
	}
	return p.control.Mark(ctx, p.io.writer.Written())
}

func (p *PCM) transfer(ctx context.Context, dir audio.Direction, buf []byte) (done int, err error) {
	halts := p.halts.Load()
	p.io.Lock()
	defer p.io.Unlock()
	if p.closed.Load() {
		return 0, p.errClosed()
	}
	if dir != p.dir && p.asked&dir != 0 {
		return 0, audio.ErrAccess.With("%s: the server %ss, so this end can only %s", p.name, Verb(p.dir.Opposite()), Verb(p.dir))
	}
	if dir != p.dir {
		return 0, audio.ErrUnsupported.With("%s: this end was opened to %s", p.name, Verb(p.dir))
	}
	frame := p.io.ring.Spec().Format.FrameBytes()
	if len(buf)%frame != 0 {
		return 0, audio.ErrInvalid.With("%s: %d bytes are not whole frames of %d bytes", p.name, len(buf), frame)
	}
	want := len(buf) / frame
	for done < want {
		// Read the state before the frames: none follow Ended.
		state := p.io.ring.State()
		if n := p.move(state, buf[done*frame:]); n > 0 {
			done += n
			continue
		}
		if err := p.await(ctx, state, want-done, halts); err != nil {
			if done > 0 {
				return done, nil
			}
			return 0, err
		}
	}
	if want > 0 && p.dir == Write && p.io.ring.State() == ring.Idle {
		return done, p.start() // with a client's first frames in the ring
	}
	return done, nil
}

// move copies what can be copied now.
func (p *PCM) move(state ring.State, buf []byte) int {
	if p.dir == Read {
		return p.io.reader.Read(buf)
	}
	if state == ring.Ended || p.role == Server && state != ring.Running {
		return 0 // a server sleeps before its first frame, until a client starts
	}
	return p.io.writer.Write(buf)
}

// await brings an end that cannot move a frame further: it starts the end, blocks until something
// may have changed, or returns why waiting is useless.
func (p *PCM) await(ctx context.Context, state ring.State, want int, halts uint32) error {
	r := p.io.ring
	switch state {
	case ring.Ended:
		return p.ended()
	case ring.Idle:
		if !p.io.armed {
			return p.start()
		}
		if r.Starts() == p.io.starts { // the start was acknowledged …
			if r.State() != ring.Idle {
				return nil
			}
			p.io.armed = false // … and withdrawn
			return p.failure(audio.FromErrno(r.Errno()), "no client started in time")
		}
	}
	if p.nonblock.Load() && (p.role == Client || state == ring.Running) {
		return audio.ErrWouldBlock
	}
	pos, needed := p.wakeFor(p.chunk(want))
	r.WakeAt(pos)
	// A start acknowledged since state was read changed the state or rang the bell; a frame since then
	// rang it or shows in needed.
	if !needed && p.movable(state) || r.State() != state {
		return nil
	}
	if err := p.sleep(ctx); err != nil {
		return err
	}
	switch {
	case p.closed.Load():
		return p.errClosed()
	case p.halts.Load() != halts:
		return audio.ErrInterrupted.With("%s: halted", p.name)
	}
	return nil
}

// sleep blocks until something may have changed. ErrInterrupted: ctx ended, or a Halt waits for the call that sleeps.
func (p *PCM) sleep(ctx context.Context) error {
	if p.halting.Load() > 0 { // it rang before this call began, and does not ring again
		return audio.ErrInterrupted.With("%s: halted", p.name)
	}
	return p.bell.Sleep(ctx)
}

// movable reports whether frames can move in this state.
func (p *PCM) movable(state ring.State) bool {
	return p.dir == Read || p.role == Client || state == ring.Running
}

// chunk returns how many frames to sleep for when want are missing: all of them, but few enough to
// leave the other side room to go on.
func (p *PCM) chunk(want int) int {
	capacity := p.io.ring.Spec().Capacity
	return max(1, min(want, max(p.period, capacity/2), capacity))
}

func (p *PCM) wakeFor(frames int) (pos uint64, needed bool) {
	if p.dir == Read {
		return p.io.reader.WakeFor(frames)
	}
	return p.io.writer.WakeFor(frames)
}

// start arms the end, unless an earlier start is not yet acknowledged.
func (p *PCM) start() error {
	if p.io.ring.Starts() != p.io.starts {
		return nil
	}
	p.io.starts++
	p.io.armed = true
	return p.control.Start()
}

func (p *PCM) ended() error {
	if e := audio.FromErrno(p.io.ring.Errno()); e != nil && e != audio.ErrReset {
		return p.failure(e, e.Error())
	}
	return audio.ErrReset.With("%s: the other end closed: end of stream", p.name)
}

func (p *PCM) failure(e *audio.Error, text string) error {
	if e == nil {
		e = audio.ErrInterrupted
		text = "halted"
	}
	return e.With("%s: %s", p.name, text)
}
