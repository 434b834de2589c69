package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// serveCmd is the daemon.
type serveCmd struct {
	Config string `help:"Configuration file (TOML); see loopbridge.toml(5)." placeholder:"FILE" complete:"file"`
}

// Run serves until ctx ends, or the terminal closes that the process was started in.
func (c *serveCmd) Run(ctx context.Context, e *env) error {
	// A log that nobody reads any more must not end the daemon.
	signal.Ignore(syscall.SIGPIPE)
	hangup, terminal := hangups(), hasTerminal()

	conf, err := c.load(e)
	if err != nil {
		return err
	}
	socket := cmp.Or(e.socketFlag, conf.Daemon.Socket, client.DefaultSocket())
	out := e.stderr
	var libraries *chatter
	if conf.UsesPortAudio() {
		if libraries, err = takeStderr(); err != nil {
			return fmt.Errorf("standard error cannot be taken: %w", err)
		}
		defer libraries.giveBack()
		if out == io.Writer(os.Stderr) {
			out = libraries.own
		}
	}
	log := newLog(out, conf.Daemon.Log)
	if libraries != nil {
		libraries.listen(chatterLog(log))
	}
	conf.Daemon.State = statePath(conf.Daemon.State, socket)
	d, err := startDaemon(conf, socket, log)
	if err != nil {
		return err
	}
	log.Info().Str("version", currentVersion().Version).Str("socket", socket).Str("state", conf.Daemon.State).Int("loops", len(conf.Loops)).Msg("running")
	relaxTimers()
	fmt.Fprint(e.stdout, hint(socket, conf.Loops[0]))

	for {
		select {
		case <-ctx.Done():
			log.Info().AnErr("cause", context.Cause(ctx)).Msg("stopping")
			return d.close()
		case <-hangup:
			if terminal && !hasTerminal() {
				log.Info().Str("cause", "the terminal has closed").Msg("stopping")
				return d.close()
			}
			log.Info().Msg("SIGHUP changes nothing: a new configuration takes a restart; \"loopbridge loop\" makes and removes loops meanwhile")
		}
	}
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
