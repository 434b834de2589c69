package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/client/control"
)

// ReloadReport is how long a daemon takes to follow its configuration.
type ReloadReport struct {
	Loops  int     `json:"loops"`
	Rounds int     `json:"rounds"`
	Start  float64 `json:"start_ms"` // until programs can connect, median
	Median float64 `json:"reload_ms"`
	Worst  float64 `json:"reload_worst_ms"`
}

// Reload measures daemons of the program exe: so many rounds of a start, and as many of a reload in which one of the loops has
// changed.
func Reload(ctx context.Context, exe string, loops, rounds int) (r ReloadReport, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r = ReloadReport{Loops: loops, Rounds: rounds}
	var starts, reloads []float64
	for range rounds {
		took, err := start(ctx, exe, loops)
		if err != nil {
			return r, err
		}
		starts = append(starts, took)
	}
	served, err := startDaemon(ctx, fail, exe, loops, 10*time.Millisecond)
	if err != nil {
		return r, err
	}
	defer served.close()
	file := filepath.Join(served.dir, "loopbridge.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	for n := range rounds {
		one := fmt.Sprintf("name = %q\n", loopName(loops/2))
		changed := strings.Replace(string(text), one, one+fmt.Sprintf("rate = %d\n", []int{44100, 32000}[n%2]), 1)
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			return r, err
		}
		began := time.Now()
		reply, err := control.New(served.socket).Reload(ctx)
		if err != nil {
			return r, err
		}
		reloads = append(reloads, milliseconds(time.Since(began)))
		if len(reply.Changes) != 1 || len(reply.Failures) > 0 {
			return r, fmt.Errorf("one loop was to change, and the daemon says %v", reply)
		}
	}
	r.Start, r.Median, r.Worst = median(starts), median(reloads), slices.Max(reloads)
	return r, nil
}

// start starts a daemon, and returns after how many milliseconds programs can connect.
func start(ctx context.Context, exe string, loops int) (float64, error) {
	dir, err := os.MkdirTemp("", "loopbridge-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "loopbridge.toml")
	if err := os.WriteFile(file, []byte(daemonConfig(loops, 10*time.Millisecond)), 0o600); err != nil {
		return 0, err
	}
	ready, out, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer ready.Close()
	began := time.Now()
	served, err := startChild(exe, childFiles{stdout: out}, "serve", "--config", file, "--socket", filepath.Join(dir, "socket"))
	out.Close()
	if err != nil {
		return 0, err
	}
	defer served.end(endGrace)
	defer context.AfterFunc(ctx, func() { ready.Close() })()
	if _, err := ready.Read(make([]byte, 1)); err != nil { // it says so on its standard output
		return 0, fmt.Errorf("the daemon did not start: %w", err)
	}
	return milliseconds(time.Since(began)), nil
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// WriteTable prints the report for people.
func (r *ReloadReport) WriteTable(out io.Writer) error {
	_, err := fmt.Fprintf(out, "a daemon with %d loops: ready after %.1f ms; a reload that changes one: %.1f ms, at most %.1f ms (%d rounds)\n",
		r.Loops, r.Start, r.Median, r.Worst, r.Rounds)
	return err
}
