package alarm

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Limits of what waits for an action.
const (
	// MaxWaiting is how many notices of an alarm wait for an action. More of them drop the oldest that waits.
	MaxWaiting = 32
	// GiveUp is for how long a notice is tried again.
	GiveUp = time.Hour

	firstPause = time.Second
	mostPause  = time.Minute
)

// action does something about a notice. It blocks until that is done, or ctx ends.
type action func(ctx context.Context, n *Notice) error

// errTemporary says that it is worth to try again.
type errTemporary struct{ error }

func (e errTemporary) Unwrap() error { return e.error }

// courier brings the notices of an alarm to one of its actions, one after the other. It has a goroutine while there are
// any.
type courier struct {
	name   string // of the action
	ctx    context.Context
	wait   *sync.WaitGroup
	failed func(error)

	mu      sync.Mutex
	do      action   // nil: the alarm has no such action
	waiting []Notice // the first one is under way
	running bool
	retired bool
	action  Action
}

// use makes another action the one. Notices that wait are for that.
func (c *courier) use(do action) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.do = do
}

func (c *courier) used() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.do != nil
}

// send leaves a notice to the courier. It does not wait.
func (c *courier) send(n Notice) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.do == nil || c.retired {
		return
	}
	if len(c.waiting) >= MaxWaiting {
		c.waiting = append(c.waiting[:1:1], c.waiting[2:]...)
		c.action.Dropped++
	}
	c.waiting = append(c.waiting, n)
	if !c.running {
		c.running = true
		c.wait.Go(c.run)
	}
}

func (c *courier) run() {
	for {
		n, ok := c.next()
		if !ok {
			return
		}
		err := c.deliver(&n)
		if c.ctx.Err() != nil { // it waits on, for the program that comes after this one
			return
		}
		c.settle(err)
	}
}

// next returns the first notice. If there is none, the courier has to end.
func (c *courier) next() (n Notice, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.running = false
		return n, false
	}
	return c.waiting[0], true
}

// deliver tries until it is done, or no more worth it.
func (c *courier) deliver(n *Notice) error {
	start := time.Now()
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := c.attempt(n)
		if temporary := (errTemporary{}); !errors.As(err, &temporary) || time.Since(start) >= GiveUp {
			return err
		}
		c.note(err)
		select {
		case <-time.After(pause):
		case <-c.ctx.Done():
			return err
		}
	}
}

func (c *courier) attempt(n *Notice) error {
	c.mu.Lock()
	do := c.do
	c.mu.Unlock()
	if do == nil { // the alarm has no such action any more
		return nil
	}
	return do(c.ctx, n)
}

// note notes that an attempt has failed, and tells it if the one before has not.
func (c *courier) note(err error) {
	c.mu.Lock()
	first := c.action.Error == ""
	c.action.Error = err.Error()
	c.mu.Unlock()
	if first {
		c.failed(err)
	}
}

// settle counts what came of the first notice.
func (c *courier) settle(err error) {
	c.mu.Lock()
	c.waiting = c.waiting[1:]
	if err == nil {
		c.action.Done++
		c.action.Error = ""
	} else {
		c.action.Failed++
		c.action.Error = err.Error()
	}
	c.mu.Unlock()
	if err != nil {
		c.failed(err)
	}
}

// retire makes the courier take no more notices. It still brings those that wait.
func (c *courier) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.retired = true
}

func (c *courier) status() Action {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.action
	s.Name, s.Waiting = c.name, len(c.waiting)
	return s
}

// pending returns the notices that have not reached the action.
func (c *courier) pending() []Notice {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Notice(nil), c.waiting...)
}
