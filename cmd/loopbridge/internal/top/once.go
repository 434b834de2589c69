package top

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client/control"
)

// mostPlaces is how many places a daemon measures for one viewer.
const mostPlaces = 256

// Once looks at a daemon, and listens to all of it for about interval. It returns what it knows then, with loudness and
// true peak if wanted.
func Once(ctx context.Context, client *control.Client, interval time.Duration, loudness bool) (*Snapshot, error) {
	s := newSource(client)
	before, err := s.look(ctx, nil)
	if err != nil {
		return nil, err
	}
	var places []string
	for _, t := range stripsOf(before) {
		places = append(places, t.place)
	}
	heard := make(map[string]*api.LiveMeter, len(places))
	for some := range slices.Chunk(places, mostPlaces) {
		if err = measure(ctx, client, some, interval, loudness, heard); err != nil {
			return nil, err
		}
	}
	now, err := s.look(ctx, nil)
	for err == nil && len(now.Ends) < len(now.Loops) && ctx.Err() == nil {
		wait(ctx, lookEvery)
		now, err = s.look(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	now.Meters = heard
	return now, nil
}

// measure reads the meters of places once.
func measure(ctx context.Context, client *control.Client, places []string, interval time.Duration, loudness bool, heard map[string]*api.LiveMeter) error {
	listening, cancel := context.WithCancel(ctx)
	defer cancel()
	request := api.LiveRequest{Meters: &api.LiveMeters{Places: places, Every: int(Every(interval).Milliseconds())}}
	if loudness {
		request.Meters.Want = []string{"loudness", "true_peak"}
	}
	done := false
	err := client.Live(listening, request, func(m api.LiveMessage) {
		if done || len(m.Meters) != len(places) {
			return
		}
		for i, place := range places {
			heard[place] = m.Meters[i]
		}
		done = true
		cancel()
	})
	if done || errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return nil
	}
	return err
}

// Sheet draws what Once has returned, on as many lines as that needs.
func Sheet(m *Model, s *Snapshot) *Canvas {
	m.Update(Seen{Snapshot: s})
	places := make([]string, 0, len(s.Meters))
	readings := make([]*api.LiveMeter, 0, len(s.Meters))
	for p, r := range s.Meters {
		places, readings = append(places, p), append(readings, r)
	}
	m.listen(places, nil)
	m.hear(Heard{m.watch.Number, readings, 0})
	m.Lines = 1 << 20
	n := m.noticeLines(m.Lines)
	c := NewCanvas(m.Columns, 2+max(1, len(m.strips))+n, m.ASCII)
	m.rows, m.page = max(1, len(m.strips)), max(1, len(m.strips))
	m.at = -1 // no strip is chosen
	m.drawTitle(c)
	m.drawStrips(c, layout{strips: rect{0, 1, m.Columns, c.Lines - 1 - n}, across: 1, rows: m.rows})
	m.drawNotices(c, rect{0, c.Lines - n, m.Columns, n})
	return c
}
