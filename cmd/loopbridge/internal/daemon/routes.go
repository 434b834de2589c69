package daemon

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/servo"
)

// routeSet holds the routes of a running daemon: those of the configuration, plus and minus those that
// operators add and remove. It sends an event for each change that matters to a person.
type routeSet struct {
	*route.Board
	bay    *loop.Patchbay
	cancel context.CancelFunc // nil: not begun
	wait   sync.WaitGroup
	*running
}

func newRouteSet(bay *loop.Patchbay, r *running) routeSet {
	return routeSet{Board: route.NewBoard(bay), bay: bay, running: r}
}

// beginFollowing follows what happens to routes, and keeps their state.
func (s *routeSet) beginFollowing(state *statefile.File) {
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	s.wait.Go(func() { s.follow(ctx) })
	state.Routes(s.Board)
}

// beginLocked adds the routes of the configuration.
func (s *routeSet) beginLocked(routes []config.Route, state *statefile.File) error {
	s.beginFollowing(state)
	for _, r := range routes {
		spec := r.Spec
		state.RestoreRoute(&spec)
		if err := s.insertLocked(r, spec); err != nil {
			return fmt.Errorf("the route in line %d: %w", r.Line, err)
		}
	}
	return nil
}

// Add implements server.Routes. text is a JSON object with the keys of [[route]].
func (s *routeSet) Add(text []byte) (name string, err error) {
	r, err := config.ParseRoute(text)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.Name, s.insertLocked(r, r.Spec)
}

// insertLocked adds a route that begins as spec says.
func (s *routeSet) insertLocked(r config.Route, spec route.Spec) error {
	if _, err := s.Board.Add(spec); err != nil {
		return err
	}
	s.config.Routes = append(s.config.Routes, r)
	return nil
}

// Remove implements server.Routes.
func (s *routeSet) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.removeLocked(name)
}

// removeLocked removes a route.
func (s *routeSet) removeLocked(name string) error {
	if err := s.Board.Remove(name); err != nil {
		return err
	}
	dropLocked(&s.config.Routes, name, routeName)
	return nil
}

// close removes all routes.
func (s *routeSet) close() {
	if s.cancel != nil {
		s.cancel()
	}
	s.wait.Wait()
	s.Board.Close()
}

const (
	// lookEvery is how often a connected route is looked at, for what happens within cycles. If none is
	// connected, nobody looks: an idle daemon sleeps.
	lookEvery = 250 * time.Millisecond
	// settling is how long a change may take until it is told, so that an attempt that fails at once is
	// not told again and again.
	settling = 50 * time.Millisecond
)

// follow tells what happens to routes until ctx ends.
func (s *routeSet) follow(ctx context.Context) {
	told := map[string]string{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.Changes():
			timer.Reset(settling)
		case <-timer.C:
			if s.tell(told) {
				timer.Reset(lookEvery)
			}
		case <-ctx.Done():
			return
		}
	}
}

// tell sends an event for each route that is not as it was told, and reports whether one is connected.
func (s *routeSet) tell(told map[string]string) (connected bool) {
	there := map[string]bool{}
	for _, r := range s.Routes() {
		now := r.Status()
		there[r.Name()] = true
		connected = connected || now.State != route.Waiting
		key, note := sentence(&now)
		if key != "" && told[r.Name()] != key {
			told[r.Name()] = key
			s.bay.Tell(event.Event{Kind: event.Route, Device: r.Name(), Note: note})
		}
	}
	for name := range told {
		if !there[name] {
			delete(told, name)
			s.bay.Tell(event.Event{Kind: event.Route, Device: name, Note: "removed"})
		}
	}
	return connected
}

// sentence says what a route does, and returns a key that is another one when that is news, and "" before the
// route has looked for its ends.
func sentence(s *route.Status) (key, note string) {
	lost := s.Follows && s.Servo.State == servo.Lost
	switch {
	case s.State == route.Waiting && s.Err != nil:
		note = fmt.Sprintf("waits for %s: %v", s.WaitsFor, s.Err)
	case s.State == route.Waiting && s.WaitsFor == "":
		return "", ""
	case s.State == route.Waiting:
		note = "waits for " + s.WaitsFor
	case s.Paused:
		note = "paused"
	case lost && s.Servo.Reason != servo.NoReason:
		note = fmt.Sprintf("silent: lost, %s", s.Servo.Reason)
	case lost:
		note = "silent: connected, measuring the clocks"
	case s.State == route.Silent:
		note = "silent: connected, and nothing comes"
	case s.Follows && s.Servo.State == servo.Locked:
		latency := s.Seconds(s.Servo.Latency).Round(10 * time.Microsecond)
		return "locked" + actuator(s), fmt.Sprintf("sound flows, locked at %+.2f ppm, latency %v%s", (s.Servo.Ratio-1)*1e6, latency,
			actuator(s))
	case s.Follows:
		note = "sound flows, acquiring the clocks" + actuator(s)
	default:
		note = "sound flows"
	}
	return note, note
}

// actuator says what follows the clocks, if that is not as usual.
func actuator(s *route.Status) string {
	switch {
	case s.Actuator == route.ByPitch:
		return ", by pitch of " + s.Moves
	case s.Why != nil:
		return fmt.Sprintf(", resampled: %v", s.Why)
	}
	return ""
}
