package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/client/control"
)

// daemon is a daemon in a process of its own, with socket and configuration in a temporary directory.
type daemon struct {
	*child
	dir    string
	socket string
}

// endGrace is how long a process may take to exit before it is killed.
const endGrace = 5 * time.Second

// startDaemon starts a daemon with the given number of loops on the null device and returns once
// it answers. If it ends before close, fail receives the reason.
func startDaemon(ctx context.Context, fail context.CancelCauseFunc, exe string, loops int,
	period time.Duration) (*daemon, error) {
	return startDaemonWith(ctx, fail, exe, daemonConfig(loops, period))
}

// startDaemonWith is startDaemon for any configuration.
func startDaemonWith(ctx context.Context, fail context.CancelCauseFunc, exe, text string) (*daemon, error) {
	dir, err := os.MkdirTemp("", "loopbridge-bench-")
	if err != nil {
		return nil, err
	}
	d := &daemon{dir: dir, socket: filepath.Join(dir, "socket")}
	config := filepath.Join(dir, "loopbridge.toml")
	if err = os.WriteFile(config, []byte(text), 0o600); err == nil {
		d.child, err = startChild(exe, childFiles{}, "serve", "--config", config, "--socket", d.socket)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	if err := d.ready(ctx, fail); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// ready waits until the daemon answers. If it ends later, fail receives the reason.
func (d *daemon) ready(ctx context.Context, fail context.CancelCauseFunc) error {
	go func() {
		<-d.left
		fail(d.failure("the daemon"))
	}()
	return d.answers(ctx)
}

func daemonConfig(loops int, period time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[daemon]\nlog = \"error\"\nstate = \"none\"\n[[device]]\nname = \"null\"\nperiod = \"%dns\"\n",
		period)
	for i := range loops {
		fmt.Fprintf(&b, "[[loop]]\nname = %q\n", loopName(i))
	}
	return b.String()
}

// answers waits until the daemon answers.
func (d *daemon) answers(ctx context.Context) error {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := control.New(d.socket).Loops(ctx); err == nil {
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// close stops the daemon and removes its files.
func (d *daemon) close() {
	d.end(endGrace)
	_ = os.RemoveAll(d.dir)
}
