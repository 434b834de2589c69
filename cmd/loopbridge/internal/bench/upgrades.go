package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/client/control"
)

// UpgradesReport is the result of upgrades of the daemon during a run: another process in its place each time.
type UpgradesReport struct {
	Upgrades    int     `json:"upgrades"`
	P50         float64 `json:"away_ms_p50"` // from the last cycle of the program before to the first of the one after
	Most        float64 `json:"away_ms_most"`
	Connections int     `json:"connections"`       // of programs, handed over the last time
	First       uint64  `json:"rss_bytes_first"`   // of the daemon after the first upgrade
	Last        uint64  `json:"rss_bytes_last"`    // and after the last
	FilesFirst  int     `json:"descriptors_first"` // as for memory
	FilesLast   int     `json:"descriptors_last"`
}

// upgrade upgrades the daemon again and again.
func (b *Pairs) upgrade(ctx context.Context, d *daemon) (*UpgradesReport, error) {
	r := &UpgradesReport{}
	var away []float64
	for n := range b.Upgrades {
		b.say("upgrade %d of %d", n+1, b.Upgrades)
		u, err := control.New(d.socket).Upgrade(ctx, false)
		if err != nil {
			return nil, fmt.Errorf("upgrade %d: %w", n+1, err)
		}
		if u.Handovers != uint64(n+1) {
			return nil, fmt.Errorf("upgrade %d: the daemon counts %d", n+1, u.Handovers)
		}
		away = append(away, u.Away)
		r.Connections = u.Connections
		select {
		case <-time.After(upgradePause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		m, err := memoryOf(d.pid())
		if err != nil {
			return nil, err
		}
		files, err := filesOf(d.pid())
		if err != nil {
			return nil, err
		}
		if r.Last, r.FilesLast = m.rss, files; n == 0 {
			r.First, r.FilesFirst = m.rss, files
		}
	}
	r.Upgrades = len(away)
	slices.Sort(away)
	r.P50, r.Most = away[len(away)/2], away[len(away)-1]
	return r, nil
}

// upgradePause lets programs catch up between two upgrades.
const upgradePause = 100 * time.Millisecond
