package record

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/loop/route"
)

const (
	ringTime = 2 * time.Second        // of sound that the reader may be late
	pace     = 500 * time.Millisecond // of sound that it takes at a time: triggers and marks are as exact
	quiet    = time.Second            // without a frame until there is nothing to hear
	relook   = 30 * time.Second       // until a place that is not there is looked for again, whether something happened or not
	reopen   = 5 * time.Second        // until what cannot be recorded is opened again
)

// host is a recorder as an end sees it.
type host struct {
	*loop.Local
	recorder string
	end      *loop.End
	io       *sync.Mutex // of the recorder; nil: not known yet
}

func newHost(recorder string) *host { return &host{Local: loop.NewLocal(), recorder: recorder} }

// Sleep implements pcm.Bell. The reader calls it, with the lock.
func (h *host) Sleep(ctx context.Context) error {
	h.io.Unlock()
	defer h.io.Lock()
	return h.Local.Sleep(ctx)
}

// kind is that of hosts that are recorders.
const kind = "recorder"

// HandOver implements loop.Heir.
func (h *host) HandOver(r *ring.Ring) loop.HostState {
	return loop.HostState{Kind: kind, Name: h.recorder, Bell: -1, Memory: -1, Contents: r.Contents()}
}

// options are those of the recorder's end.
func (r *Recorder) options(role pcm.Role, f audio.Format) pcm.Options {
	return pcm.Options{Role: role, Direction: pcm.Read, Format: f, Nonblock: true, Holder: pcm.Holder{Program: "recorder " + r.spec.Name},
		Period: int(f.Frames(pace)), Buffer: int(f.Frames(ringTime))}
}

// listen reads what there is to hear into the queue, until ctx ends. inherit is the end that the process before had, or nil.
func (r *Recorder) listen(ctx context.Context, inherit *host) {
	since := time.Now() // nothing is heard
	for ctx.Err() == nil {
		_, changed := r.board.bay.Revision() // first: what happens from now on is seen
		heard := false
		p, opened, err := r.open(ctx, inherit)
		inherit = nil
		if err == nil {
			heard, err = r.read(ctx, p, &since)
			p.Abandon()
		}
		if ctx.Err() != nil {
			return
		}
		r.hear(err)
		switch {
		case heard: // the next session may be there
		case p != nil:
			r.await(ctx, nil, quiet, &since)
		case opened: // that was an event itself: it must not be the reason to try again
			r.await(ctx, nil, reopen, &since)
		default:
			r.await(ctx, changed, relook, &since)
		}
	}
}

// await blocks until something happened at the patchbay, or for a while. Meanwhile silence passes.
func (r *Recorder) await(ctx context.Context, changed <-chan struct{}, most time.Duration, since *time.Time) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	tick := &time.Ticker{}
	if r.spec.Gap == Silence {
		tick = time.NewTicker(quiet)
		defer tick.Stop()
	}
	for {
		select {
		case <-tick.C:
			r.pass(since, time.Now())
		case <-changed:
			return
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// pass lets silence be written for the time from since, when nothing was heard any more, to another one, if that is wanted.
func (r *Recorder) pass(since *time.Time, to time.Time) {
	r.mu.Lock()
	f, records := r.status.Format, r.order.records(&r.spec)
	r.mu.Unlock()
	if r.spec.Gap != Silence || f.Rate == 0 || !records || to.Before(*since) {
		*since = to
		return
	}
	frames := f.Frames(to.Sub(*since))
	*since = since.Add(f.Duration(frames))
	if frames > 0 {
		r.queue.note(note{Kind: noteQuiet, Lost: uint64(frames)})
	}
}

// open opens what is recorded. opened: an end was, whatever came of it.
func (r *Recorder) open(ctx context.Context, inherit *host) (p *pcm.PCM, opened bool, err error) {
	name, role, err := route.Source(r.board.bay, r.spec.Of)
	if err != nil {
		if inherit != nil {
			inherit.end.Abandon()
		}
		return nil, false, err
	}
	if inherit != nil {
		g := inherit.end.Grant()
		return pcm.New(name, r.options(role, g.Ring.Spec().Format), g, inherit.end, inherit), true, nil
	}
	h := newHost(r.spec.Name)
	end, err := r.board.bay.Attach(ctx, name, r.options(role, audio.Format{}), h)
	if err != nil {
		return nil, false, err
	}
	f := end.Grant().Ring.Spec().Format
	want := f
	want.Encoding = encodingFor(r.spec.Format, f.Encoding)
	if r.spec.Format == FLAC && f.Channels > maxFLAC {
		end.Abandon()
		return nil, true, audio.ErrInvalid.With("%s has %d channels, and a FLAC file at most %d; record it as wav", r.spec.Of, f.Channels, maxFLAC)
	}
	o := r.options(role, want)
	if _, err := end.Setup(ctx, pcm.Setup{Format: want, Period: o.Period, Buffer: o.Buffer}); err != nil {
		end.Abandon()
		return nil, true, err
	}
	h.end, h.io = end, &r.io
	return pcm.New(name, o, end.Grant(), end, h), true, nil
}

// maxFLAC is how many channels a FLAC file has, at most.
const maxFLAC = 8

// read reads an end until it is over or ctx ends, and reports whether it gave a frame.
func (r *Recorder) read(ctx context.Context, p *pcm.PCM, since *time.Time) (heard bool, err error) {
	f, at := p.Format(), p.Position()
	if err := r.prepare(ctx, f); err != nil {
		return false, err
	}
	take := int(f.Frames(pace))
	buf := make([]byte, p.Buffer()*f.FrameBytes())
	defer func() {
		if heard {
			r.queue.note(note{Kind: noteOver})
		}
	}()
	for {
		wait, cancel := ctx, context.CancelFunc(func() {})
		if r.hears() || r.spec.Gap == Silence { // else there is nothing to note
			wait, cancel = context.WithTimeout(ctx, quiet)
		}
		r.io.Lock()
		_, err := p.Wait(wait, take)
		r.io.Unlock()
		cancel()
		if err != nil && !errors.Is(err, audio.ErrInterrupted) { // else nothing came, or less
			return heard, err
		}
		n, err := r.move(p, buf, &at, since)
		switch {
		case err != nil, ctx.Err() != nil:
			return heard || n > 0, err
		case n > 0:
			heard, *since = true, time.Now() // since: the last frame
			r.hear(nil)
		default:
			r.hear(audio.ErrTimedOut.With("no frame comes from %s", r.spec.Of))
			r.pass(since, time.Now())
		}
	}
}

// move moves what there is from the ring to the queue. at is the position of the next frame; those between are lost. Before
// the first frames comes the silence since then, if there was any.
func (r *Recorder) move(p *pcm.PCM, buf []byte, at *uint64, since *time.Time) (frames int, err error) {
	r.io.Lock()
	defer r.io.Unlock()
	state, size := p.State(), p.Format().FrameBytes()
	n := p.Avail()
	switch {
	case n == 0 && state != ring.Ended:
		return 0, nil
	case n == 0:
		n = 1 // for the reason of the end
	}
	// One piece: frames that the engine drops are missing before it, never within.
	if frames, err = p.Read(context.Background(), buf[:n*size]); err != nil {
		return 0, err
	}
	now := p.Position()
	if lost := now - *at - uint64(frames); lost > 0 {
		r.queue.note(note{Kind: noteGap, Lost: lost, Text: "it was read too late"})
	}
	*at = now
	if !r.hears() {
		r.pass(since, time.Now().Add(-p.Format().Duration(int64(frames))))
	}
	r.queue.put(buf[:frames*size])
	return frames, nil
}

// room returns how many frames of a format the queue is to hold.
func (r *Recorder) room(f audio.Format) int {
	if f.FrameBytes() == 0 {
		return 0
	}
	return int(min(f.Frames(QueueTime+r.spec.Preroll), int64(MaxMemory/f.FrameBytes())))
}

// prepare makes the queue ready for frames of a format, which may mean to wait for the writer.
func (r *Recorder) prepare(ctx context.Context, f audio.Format) error {
	for !r.queue.ready(f, r.room(f)) {
		select {
		case <-ctx.Done():
			return audio.ErrInterrupted.With("interrupted: %v", ctx.Err())
		case <-time.After(pace):
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Format = f
	return nil
}

// hear notes that frames come, or why not.
func (r *Recorder) hear(nothing error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.hears && nothing == nil {
		return
	}
	r.status.hears, r.status.nothing = nothing == nil, nothing
	r.tellLocked()
}

// hears reports whether frames come.
func (r *Recorder) hears() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.hears
}
