package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// settleTime is left to the daemon for work after its start.
const settleTime = 2 * time.Second

// IdleReport is the cost of an idle daemon.
type IdleReport struct {
	Loops    int     `json:"loops"`
	Duration float64 `json:"duration_s"`
	Wakeups  uint64  `json:"wakeups"` // of all threads
	CPU      float64 `json:"cpu_ms"`
	RSS      uint64  `json:"daemon_rss_bytes"`
}

// Idle measures a daemon of the program exe without clients for a duration.
func Idle(ctx context.Context, exe string, loops int, d time.Duration) (r IdleReport, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	served, err := startDaemon(ctx, fail, exe, loops, 10*time.Millisecond)
	if err != nil {
		return r, err
	}
	defer served.close()
	if err := pause(ctx, settleTime); err != nil {
		return r, err
	}
	before, err := served.usage()
	if err != nil {
		return r, err
	}
	if err := pause(ctx, d); err != nil {
		return r, err
	}
	after, err := served.usage()
	if err != nil {
		return r, err
	}
	used := after.minus(before)
	m, err := memoryOf(served.pid())
	return IdleReport{
		Loops: loops, Duration: used.duration.Seconds(), Wakeups: used.wakeups,
		CPU: float64(used.daemon) / float64(time.Millisecond), RSS: m.rss,
	}, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// WriteTable prints the report for people.
func (r *IdleReport) WriteTable(out io.Writer) error {
	_, err := fmt.Fprintf(out, "a daemon with %s and no client: %s and %.3f ms of CPU time in %.1f s, %.1f MiB\n",
		console.Count(r.Loops, "loop"), console.Count(int(r.Wakeups), "wake-up"), r.CPU, r.Duration, mebi(r.RSS))
	return err
}
