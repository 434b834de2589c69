package alarm

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// Options are what a Board needs of the daemon. All functions are called from any goroutine, Listen, Facts and Revision
// only while there are alarms that need them.
type Options struct {
	// Listen lets an ear, which is a tap.Turner, hear a place until stop is called, after which it is not called again.
	// Hub.Listen does it.
	Listen func(p tap.Place, ear tap.Ear) (stop func())
	// Facts returns what is known of a subject now. It may block for milliseconds.
	Facts func(subject string) Facts
	// Revision returns a channel that is closed when any fact may have changed, but for those of a subject that is Moving.
	Revision func() <-chan struct{}
	// Tell is told each change, those of one alarm in their order. It must not wait, nor call the Board. nil: nobody.
	Tell func(Notice)
	// Trigger raises what has the name of an alarm, from when that is raised until it is over; a recorder may wait for it.
	// It must not wait, nor call the Board. nil: there is nothing of that kind.
	Trigger func(alarm string, on bool)
	// Failed is told when an action fails, once until it succeeds, and each time that a notice is given up. nil: nobody.
	Failed func(alarm, action string, err error)
	// Dial connects webhooks. nil: as usual.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Clock returns monotonic time from some moment on. nil: since the Board was made.
	Clock func() time.Duration
	// Wall returns the time of day, for people. nil: that of the system.
	Wall func() time.Time
}

// Board is all alarms of a daemon.
type Board struct {
	options   Options
	post      *post
	commands  chan struct{} // a place for each command that runs
	processes processes
	poked     chan struct{} // an alarm wants to be looked at
	ctx       context.Context
	cancel    context.CancelFunc
	wait      sync.WaitGroup

	mu     sync.Mutex
	alarms []*alarm
	saved  map[string]Saved // by name, of alarms that are not there yet
	keeps  bool             // the keeper runs
	closed bool
}

// NewBoard returns a Board without alarms, which costs nothing. Call Close at the end.
func NewBoard(o Options) *Board {
	if o.Clock == nil {
		start := time.Now()
		o.Clock = func() time.Duration { return time.Since(start) }
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	b := &Board{options: o, commands: make(chan struct{}, MaxCommands), poked: make(chan struct{}, 1)}
	b.post = newPost(o.Dial)
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Restore makes alarms of these names go on as they were saved, if they watch what they watched then. Call it before Set.
func (b *Board) Restore(saved map[string]Saved) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.saved = saved
}

// Saved returns what Restore needs, by name, also of alarms that were never there.
func (b *Board) Saved() map[string]Saved {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]Saved{}
	for name, s := range b.saved {
		all[name] = s
	}
	for _, a := range b.alarms {
		all[a.name] = a.saved()
	}
	return all
}

// Set makes these the alarms. One that was there under the same name goes on, with other parameters, if it watches the
// same as before; see Spec.Same. ErrInvalid: one of them is none, or a name is there twice; then nothing has changed.
func (b *Board) Set(specs []Spec) error {
	names := map[string]bool{}
	for i := range specs {
		if err := specs[i].Check(); err != nil {
			return err
		}
		if names[specs[i].Name] {
			return audio.ErrInvalid.With("there are two alarms %s", specs[i].Name)
		}
		names[specs[i].Name] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return audio.ErrClosed.With("the alarms have ended")
	}
	before := b.alarms
	b.alarms = nil
	for _, s := range specs {
		at := slices.IndexFunc(before, func(a *alarm) bool { return a.same(&s) })
		if at >= 0 {
			before[at].change(s)
			b.alarms = append(b.alarms, before[at])
			before = slices.Delete(slices.Clone(before), at, at+1)
			continue
		}
		b.alarms = append(b.alarms, newAlarm(b, s))
	}
	for _, a := range before {
		a.remove()
	}
	for _, a := range b.alarms {
		b.beginLocked(a)
	}
	if len(b.alarms) > 0 && !b.keeps {
		b.keeps = true
		b.wait.Go(b.keep)
	}
	b.poke()
	return nil
}

// beginLocked lets a new alarm watch.
func (b *Board) beginLocked(a *alarm) {
	if a.begins {
		return
	}
	a.begins = true
	if s, known := b.saved[a.spec.Name]; known {
		delete(b.saved, a.spec.Name)
		a.resume(s)
	}
	if a.condition.Needs == Sound {
		place, _ := tap.ParsePlace(a.spec.Of) // checked
		a.unlisten = b.options.Listen(place, a)
	}
}

// Alarms returns all alarms, by name.
func (b *Board) Alarms() []Status {
	var all []Status
	for _, a := range b.list() {
		all = append(all, a.status())
	}
	slices.SortFunc(all, func(x, y Status) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// Alarm returns one. ErrNoDevice: there is none of that name.
func (b *Board) Alarm(name string) (Status, error) {
	a, err := b.find(name)
	if err != nil {
		return Status{}, err
	}
	return a.status(), nil
}

// Acknowledge notes that somebody knows of an alarm that is raised. ErrNoDevice: there is none of that name. ErrBusy: it
// is not raised.
func (b *Board) Acknowledge(name, by, text string) error {
	a, err := b.find(name)
	if err != nil {
		return err
	}
	return a.acknowledge(by, text)
}

// Test does the actions of an alarm, once each and one after the other, with a notice that says that it is a test. It
// blocks until they are done, or ctx ends. ErrNoDevice: there is no alarm of that name.
func (b *Board) Test(ctx context.Context, name string) ([]Result, error) {
	a, err := b.find(name)
	if err != nil {
		return nil, err
	}
	return a.test(ctx), nil
}

func (b *Board) list() []*alarm {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.alarms)
}

func (b *Board) find(name string) (*alarm, error) {
	for _, a := range b.list() {
		if a.name == name {
			return a, nil
		}
	}
	return nil, audio.ErrNoDevice.With("there is no alarm %s", name)
}

// Close ends all alarms and interrupts their actions. Saved still returns how they were. Another Close does nothing.
func (b *Board) Close() {
	b.mu.Lock()
	b.closed = true
	all := b.alarms
	b.mu.Unlock()
	b.cancel()
	for _, a := range all {
		a.end()
		for _, c := range a.couriers {
			c.retire()
		}
	}
	b.wait.Wait()
	b.post.close()
}
