package main

import (
	"cmp"
	"context"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/handover"
)

// serveCmd is the daemon.
type serveCmd struct {
	Config string `help:"Configuration file (TOML); see loopbridge.toml(5)." placeholder:"FILE" complete:"file"`
}

// Run serves until ctx ends or the controlling terminal closes.
func (c *serveCmd) Run(ctx context.Context, e *env) error {
	inherited, err := handover.Inherit()
	if err != nil {
		return err
	}
	if inherited != nil && inherited.Rehearsal {
		return daemon.Rehearse(inherited)
	}
	// A closed log must not end the daemon.
	signal.Ignore(syscall.SIGPIPE)
	hangups := daemon.CatchHangups()
	conf := config.Default()
	if c.Config != "" && inherited == nil {
		if conf, err = loadConfig(c.Config, e.stderr); err != nil {
			return err
		}
	}
	socket := cmp.Or(e.socketFlag, conf.Daemon.Socket, client.DefaultSocket())
	o := daemon.Options{
		Socket: socket, Fixed: e.socketFlag != "", Hangups: hangups, Log: e.stderr, Version: currentVersion().Version,
		Inherited: inherited,
		Ready:     func() { fmt.Fprint(e.stdout, hint(socket, conf.Loops)) },
	}
	if c.Config != "" {
		o.Load = func() (config.Config, error) { return config.Reload(c.Config) }
	}
	return daemon.Serve(ctx, conf, o)
}
