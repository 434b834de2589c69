package record

import (
	"context"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
)

// Recorder is one recorder of a board. Any goroutine may call its methods; none waits for the disk or the sound.
type Recorder struct {
	board   *Board
	spec    Spec
	pattern Pattern
	queue   *queue

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	io     sync.Mutex // held by the reader while it does anything with its ring but sleep

	mu      sync.Mutex
	order   order
	tapping context.CancelFunc // nil: nobody reads
	reader  chan struct{}      // closed when the reader has ended
	hold    *time.Timer        // nil: no trigger is about to end
	holds   time.Time          // when hold fires
	inherit *host              // the end of the process before; nil: none
	status  Status
	blocked time.Time     // when the disk was asked last; zero: it has answered
	cut     chan struct{} // closed when the writer has ended its segment; nil: nobody waits
	told    string
}

// order is what people and triggers want of a recorder.
type order struct {
	On        bool // not stopped
	Forced    bool // an operator has started it, whatever its trigger says
	Triggered bool
}

// records reports whether sound is to be written.
func (o order) records(s *Spec) bool { return o.On && (s.Trigger == "" || o.Forced || o.Triggered) }

func newRecorder(b *Board, s Spec) (*Recorder, error) {
	pattern, err := ParsePattern(s.Path, s.Name)
	if err != nil {
		return nil, err
	}
	r := &Recorder{board: b, spec: s, pattern: pattern, queue: newQueue(), order: order{On: !s.Stopped}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.status.Spec = s
	return r, nil
}

// Name returns the name of the recorder.
func (r *Recorder) Name() string { return r.spec.Name }

// run begins as the order says.
func (r *Recorder) run() {
	r.done.Go(func() { newWriter(r).run(r.ctx) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.order.records(&r.spec) {
		r.queue.begin()
	}
	if h := r.inherit; h != nil && !r.order.On {
		h.end.Abandon()
		r.inherit = nil
	}
	if r.order.On {
		r.tapLocked()
	}
}

// Start starts a stopped recorder: it records, or waits for its trigger. One that waits for its trigger records.
func (r *Recorder) Start() {
	r.mu.Lock()
	defer r.set() // once it is unlocked
	defer r.mu.Unlock()
	switch {
	case !r.order.On:
		r.order = order{On: true, Triggered: r.order.Triggered}
	case r.spec.Trigger != "":
		r.order.Forced = true
	}
	if r.order.records(&r.spec) {
		r.queue.begin()
	}
	r.tapLocked()
	r.tellLocked()
}

// Stop ends the recording behind the frames that were heard so far, and the listening.
func (r *Recorder) Stop() {
	r.halt()
	r.set()
}

// halt is Stop, without a word to those who keep what operators set.
func (r *Recorder) halt() {
	r.mu.Lock()
	if !r.order.On {
		r.mu.Unlock()
		return
	}
	r.order.On, r.order.Forced = false, false
	stop, ended := r.tapping, r.reader
	r.tapping = nil
	r.mu.Unlock()
	if stop != nil {
		stop()
		<-ended
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.order.On {
		r.queue.end()
	}
	r.tellLocked()
}

// trigger raises or lowers the trigger.
func (r *Recorder) trigger(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold != nil {
		r.hold.Stop()
		r.hold = nil
	}
	if !on {
		r.lowerLocked(r.spec.Hold)
		return
	}
	r.order.Triggered = true
	if r.order.records(&r.spec) {
		r.queue.begin()
	}
	r.tellLocked()
}

// lowerLocked lowers the trigger after a while.
func (r *Recorder) lowerLocked(after time.Duration) {
	var t *time.Timer
	t = time.AfterFunc(after, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.hold != t {
			return // it is up again
		}
		r.hold = nil
		was := r.order.records(&r.spec)
		if r.order.Triggered = false; was && !r.order.records(&r.spec) {
			r.queue.end()
		}
		r.tellLocked()
	})
	r.hold, r.holds = t, time.Now().Add(after)
}

// Mark puts a text at the newest frame. ErrInvalid: the recorder does not record now, or the text is too long.
func (r *Recorder) Mark(text string) error {
	if len(text) > maxMark {
		return audio.ErrInvalid.With("a mark has at most %d bytes", maxMark)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.stateLocked(); s != Recording && s != Failing {
		return audio.ErrInvalid.With("%s is %s; only what is recorded can be marked", r.spec.Name, s)
	}
	r.queue.note(note{Kind: noteMark, Text: text})
	return nil
}

// maxMark is the size of a mark in bytes.
const maxMark = 200

// tapLocked lets a reader read.
func (r *Recorder) tapLocked() {
	if r.tapping != nil || r.ctx.Err() != nil { // or it is closed
		return
	}
	ctx, cancel := context.WithCancel(r.ctx)
	before, ended := r.reader, make(chan struct{})
	r.tapping, r.reader = cancel, ended
	inherit := r.inherit
	r.inherit = nil
	r.done.Go(func() {
		defer close(ended)
		if before != nil {
			<-before
		}
		r.listen(ctx, inherit)
	})
}

// close ends the recorder. What was heard is written, if the disk takes it soon.
func (r *Recorder) close() {
	r.halt()
	r.mu.Lock()
	if r.hold != nil {
		r.hold.Stop()
	}
	r.mu.Unlock()
	r.finish(closing)
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.done.Wait()
}

// closing is how long a recorder that is closed waits for its disk.
const closing = 5 * time.Second

// finish lets the writer end its segment behind all frames and leave the queue alone. It reports whether it did in time,
// and does not wait for a disk that fails.
func (r *Recorder) finish(within time.Duration) bool {
	r.mu.Lock()
	cut := make(chan struct{})
	r.cut = cut
	failing := r.stateLocked() == Failing
	r.mu.Unlock()
	if failing {
		r.queue.suspend(true)
		return false
	}
	r.queue.note(note{Kind: noteCut})
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-cut:
		return true
	case <-timer.C:
		r.queue.suspend(true)
		return false
	}
}

// set says that an operator has started or stopped the recorder, which is kept over restarts.
func (r *Recorder) set() {
	r.board.bay.Tell(event.Event{Kind: event.Set, Device: prefix + r.spec.Name})
}

// tellLocked sends an event if the recorder does something else now.
func (r *Recorder) tellLocked() {
	s := r.statusLocked()
	note := s.sentence()
	if note == r.told {
		return
	}
	r.told = note
	r.say(note)
}

// say sends an event.
func (r *Recorder) say(note string) {
	r.board.bay.Tell(event.Event{Kind: event.Recorder, Device: prefix + r.spec.Name, Note: note})
}

// prefix of the names of recorders, among those of devices and loops.
const prefix = "recorder/"
