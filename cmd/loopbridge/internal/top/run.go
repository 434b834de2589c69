package top

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
)

// Screen is where a Canvas is shown, and where keys come from. Only the goroutine of Run calls its methods, but for Listen.
type Screen interface {
	// Listen calls tell with Key and Resized, at first with the size, until Close.
	Listen(tell func(message any))
	// Show shows a Canvas in place of the one before.
	Show(c *Canvas)
	// Redraw draws again all that should be there.
	Redraw()
	// Stop gives the terminal back until the shell lets the program go on.
	Stop()
	// Close gives the terminal back.
	Close()
}

const (
	lookEvery   = time.Second
	lookPause   = 250 * time.Millisecond // between two looks, at least
	watchPause  = 100 * time.Millisecond // before other meters are asked for: who pages on asks for none
	againPause  = time.Second            // before a stream that has ended is asked for again
	commandRoom = 1024
)

// runner carries out what a Model asks for.
type runner struct {
	client   *control.Client
	model    *Model
	screen   Screen
	messages chan any
	looks    chan Look
	commands chan any
	watching context.CancelFunc
	served   sync.WaitGroup
}

// Run shows a daemon on a screen until ctx ends, which is success, or a key ends it. It closes neither.
func Run(ctx context.Context, client *control.Client, screen Screen, m *Model) {
	ctx, cancel := context.WithCancel(ctx)
	r := &runner{client: client, model: m, screen: screen, messages: make(chan any), looks: make(chan Look, 1),
		commands: make(chan any, commandRoom), watching: func() {}}
	defer r.served.Wait()
	defer cancel()
	for _, work := range []func(context.Context){r.tick, r.look, r.follow, r.command} {
		r.served.Go(func() { work(ctx) })
	}
	go screen.Listen(func(message any) { r.tell(ctx, message) }) // until the screen is closed
	r.do(ctx, m.look())
	for {
		screen.Show(Draw(m))
		select {
		case message := <-r.messages:
			if !r.take(ctx, message) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// take handles a message and all that wait behind it. It reports whether the program goes on.
func (r *runner) take(ctx context.Context, message any) bool {
	for {
		if message == KeyRedraw {
			r.screen.Redraw()
		}
		if !r.do(ctx, r.model.Update(message)) {
			return false
		}
		select {
		case message = <-r.messages:
		default:
			return true
		}
	}
}

// tell brings a message.
func (r *runner) tell(ctx context.Context, message any) {
	select {
	case r.messages <- message:
	case <-ctx.Done():
	}
}

// do begins what the model asks for.
func (r *runner) do(ctx context.Context, all []any) bool {
	for _, command := range all {
		switch t := command.(type) {
		case Quit:
			return false
		case Stop:
			r.screen.Stop()
		case Look:
			r.looks <- t // the model asks for one at a time
		case Watch:
			r.watching()
			watched, cancel := context.WithCancel(ctx)
			r.watching = cancel
			r.served.Go(func() { r.watch(watched, t) })
		default:
			select {
			case r.commands <- t:
			default: // it must not wait: the command that is carried out now brings a message
				d := Done{Err: audio.ErrBusy.With("the daemon is too slow for so many keys")}
				if set, ok := t.(Set); ok {
					d.Subject, d.Count = set.Subject, 1
				}
				r.do(ctx, r.model.Update(d))
			}
		}
	}
	return true
}

func (r *runner) tick(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			r.tell(ctx, Tick{})
		case <-ctx.Done():
			return
		}
	}
}

// look answers each Look.
func (r *runner) look(ctx context.Context) {
	s := newSource(r.client)
	for {
		var l Look
		select {
		case l = <-r.looks:
		case <-ctx.Done():
			return
		}
		now, err := s.look(ctx, l.Stale)
		if err != nil {
			r.tell(ctx, Failed{err})
		} else {
			r.tell(ctx, Seen{now, l.Turn})
		}
		wait(ctx, lookPause)
	}
}

// follow brings events.
func (r *runner) follow(ctx context.Context) {
	for ctx.Err() == nil {
		_ = r.client.Events(ctx, func(e api.Event) { r.tell(ctx, Happened{e}) }) // a Look says what is wrong
		wait(ctx, againPause)
	}
}

// watch brings the readings of meters.
func (r *runner) watch(ctx context.Context, w Watch) {
	if len(w.Places) == 0 {
		return
	}
	every := Every(r.model.Interval)
	request := api.LiveRequest{Meters: &api.LiveMeters{Places: w.Places, Want: w.Want, Every: int(every.Milliseconds())}}
	for wait(ctx, watchPause); ctx.Err() == nil; wait(ctx, againPause) {
		err := r.client.Live(ctx, request, func(m api.LiveMessage) {
			if len(m.Meters) > 0 {
				r.tell(ctx, Heard{w.Number, m.Meters, every})
			}
		})
		if known(err) {
			r.tell(ctx, Done{Err: err})
			return
		}
	}
}

// Limits of how often meters are read.
const (
	Shortest = 50 * time.Millisecond
	Longest  = 10 * time.Second
)

// Every returns the time between two readings that a daemon grants: a multiple of Shortest.
func Every(asked time.Duration) time.Duration {
	return min(Longest, max(Shortest, (asked+Shortest/2)/Shortest*Shortest))
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// errOf returns err, unless the program ends.
func errOf(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}
