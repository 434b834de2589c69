package top

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
)

// Snapshot is what a daemon says about itself. Its JSON is that of "loopbridge top --once --json".
type Snapshot struct {
	Time    time.Time            `json:"time"`
	Version api.Version          `json:"version"`
	Load    Load                 `json:"load"`
	Devices []api.State          `json:"devices"`
	Loops   []api.Loop           `json:"loops"`
	Ends    map[string]api.State `json:"ends"` // of clients, by loop
	Routes  []api.Route          `json:"routes"`

	Alarms    []api.Alarm    `json:"alarms,omitempty"`
	Recorders []api.Recorder `json:"recorders,omitempty"`

	Meters map[string]*api.LiveMeter `json:"meters,omitempty"` // by place; nil: nothing can be heard there
}

// source asks a daemon. One goroutine at a time may use it.
type source struct {
	client *control.Client
	atOnce int                  // how many ends it asks for at a time: who comes over TCP may not ask for too much
	ends   map[string]api.State // of loops, as they were last seen
	next   int                  // the loop whose end is asked for again although no event has told of a change
	scrape scrape               // the last one
}

// endsAtOnce is how many ends are asked for at a time.
const endsAtOnce = 32

func newSource(c *control.Client) *source {
	return &source{client: c, atOnce: endsAtOnce, ends: map[string]api.State{}}
}

// look asks for everything; stale are loops whose ends have changed. What changes between two questions may be seen half.
func (s *source) look(ctx context.Context, stale []string) (*Snapshot, error) {
	now := &Snapshot{Time: time.Now()}
	var err error
	if now.Version, err = s.client.Version(ctx); err != nil && !errors.Is(err, audio.ErrNoDevice) {
		return nil, err
	}
	if now.Devices, err = s.client.Devices(ctx); err != nil {
		return nil, err
	}
	if now.Loops, err = s.client.Loops(ctx); err != nil {
		return nil, err
	}
	if now.Routes, err = s.client.Routes(ctx); err != nil {
		return nil, err
	}
	if now.Alarms, err = s.client.Alarms(ctx); err != nil && !errors.Is(err, audio.ErrNoDevice) { // a daemon of an older release
		return nil, err
	}
	if now.Recorders, err = s.client.Recorders(ctx); err != nil && !errors.Is(err, audio.ErrNoDevice) {
		return nil, err
	}
	if err = s.lookAtEnds(ctx, now, stale); err != nil {
		return nil, err
	}
	if text, err := s.client.Metrics(ctx); err == nil {
		now.Load = s.scrape.next(text, now.Time)
	} else if ctx.Err() != nil {
		return nil, err
	}
	slices.SortStableFunc(now.Loops, func(a, b api.Loop) int { return cmp.Compare(a.Name, b.Name) })
	return now, nil
}

// lookAtEnds asks for the states of ends that may have changed, or are not known yet, as many as it may.
func (s *source) lookAtEnds(ctx context.Context, now *Snapshot, stale []string) error {
	var first, then []string
	there := make(map[string]bool, len(now.Loops))
	for i := range now.Loops {
		name := now.Loops[i].Name
		there[name] = true
		if _, known := s.ends[name]; slices.Contains(stale, name) {
			delete(s.ends, name)
			first = append(first, name)
		} else if !known {
			then = append(then, name)
		}
	}
	if n := len(now.Loops); n > 0 { // what an event has not told of is seen some time
		s.next = (s.next + 1) % n
		then = append(then, now.Loops[s.next].Name)
	}
	for name := range s.ends {
		if !there[name] {
			delete(s.ends, name)
		}
	}
	all := append(first, then...)
	for _, name := range all[:min(len(all), s.atOnce)] {
		end, err := s.client.State(ctx, clientOf(name))
		switch {
		case err == nil:
			s.ends[name] = end
		case !errors.Is(err, audio.ErrNoDevice): // the loop has just been removed
			return err
		}
	}
	now.Ends = maps.Clone(s.ends)
	return nil
}

// clientOf returns the name of the client end of a loop, with all its clients.
func clientOf(loop string) string { return loop + "/client" }
