package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon"
)

// serveCmd is the daemon.
type serveCmd struct {
	Config string `help:"Configuration file (TOML); see loopbridge.toml(5)." placeholder:"FILE" complete:"file"`
}

// Run serves until ctx ends, or the terminal closes that the process was started in.
func (c *serveCmd) Run(ctx context.Context, e *env) error {
	// A log that nobody reads any more must not end the daemon.
	signal.Ignore(syscall.SIGPIPE)
	hangups := daemon.CatchHangups()
	conf, err := c.load(e)
	if err != nil {
		return err
	}
	socket := cmp.Or(e.socketFlag, conf.Daemon.Socket, client.DefaultSocket())
	return daemon.Serve(ctx, conf, daemon.Options{
		Socket: socket, Hangups: hangups, Log: e.stderr, Version: currentVersion().Version,
		Ready: func() { fmt.Fprint(e.stdout, hint(socket, conf.Loops[0])) },
	})
}

// load prints the problems of a file, all of them, and returns a sentence.
func (c *serveCmd) load(e *env) (config.Config, error) {
	if c.Config == "" {
		return config.Default(), nil
	}
	conf, err := config.Load(c.Config)
	if problems, ok := errors.AsType[config.Problems](err); ok {
		fmt.Fprintln(e.stderr, problems)
		return conf, fmt.Errorf("%s has %s", c.Config, console.Count(len(problems), "problem"))
	}
	return conf, err
}
