package top

import (
	"cmp"
	"context"
	"errors"
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

	Meters map[string]*api.LiveMeter `json:"meters,omitempty"` // by place; nil: nothing can be heard there
}

// source asks a daemon. One goroutine at a time may use it.
type source struct {
	client *control.Client
	ends   map[string]api.State // as they were last seen
	scrape scrape               // the last one
	looked time.Time            // when all ends were last asked for
}

func newSource(c *control.Client) *source {
	return &source{client: c, ends: map[string]api.State{}}
}

// endsEvery is after how long the states of ends are asked for although no event has told of a change.
const endsEvery = 15 * time.Second

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

// lookAtEnds asks for the states of ends that may have changed.
func (s *source) lookAtEnds(ctx context.Context, now *Snapshot, stale []string) error {
	all := now.Time.Sub(s.looked) >= endsEvery
	if all {
		s.looked = now.Time
	}
	known := s.ends
	s.ends, now.Ends = make(map[string]api.State, len(now.Loops)), make(map[string]api.State, len(now.Loops))
	for i := range now.Loops {
		name := now.Loops[i].Name
		end, found := known[name]
		if all || !found || slices.Contains(stale, name) {
			var err error
			end, err = s.client.State(ctx, clientOf(name))
			switch {
			case errors.Is(err, audio.ErrNoDevice): // the loop has just been removed
				continue
			case err != nil:
				s.ends = known
				return err
			}
		}
		s.ends[name], now.Ends[name] = end, end
	}
	return nil
}

// clientOf returns the name of the client end of a loop, with all its clients.
func clientOf(loop string) string { return loop + "/client" }
