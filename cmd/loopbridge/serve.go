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

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/client"
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

	config, err := c.load(e)
	if err != nil {
		return err
	}
	socket := cmp.Or(e.socketFlag, config.Daemon.Socket, client.DefaultSocket())
	level, err := zerolog.ParseLevel(config.Daemon.Log)
	if err != nil {
		return err
	}
	out := e.stderr
	var libraries *chatter
	if config.usesPortAudio() {
		if libraries, err = takeStderr(); err != nil {
			return fmt.Errorf("standard error cannot be taken: %w", err)
		}
		defer libraries.giveBack()
		if out == io.Writer(os.Stderr) {
			out = libraries.own
		}
	}
	log := newLog(out, level)
	if libraries != nil {
		libraries.listen(chatterLog(log))
	}
	config.Daemon.State = statePath(config.Daemon.State, socket)
	d, err := startDaemon(config, socket, log)
	if err != nil {
		return err
	}
	log.Info().Str("version", currentVersion().Version).Str("socket", socket).Str("state", config.Daemon.State).Int("loops", len(config.Loops)).Msg("running")
	relaxTimers()
	fmt.Fprint(e.stdout, hint(socket, config.Loops[0]))

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
func (c *serveCmd) load(e *env) (Config, error) {
	if c.Config == "" {
		return defaultConfig(), nil
	}
	config, err := loadConfig(c.Config)
	if problems, ok := errors.AsType[configProblems](err); ok {
		fmt.Fprintln(e.stderr, problems)
		return config, fmt.Errorf("%s has %s", c.Config, console.Count(len(problems), "problem"))
	}
	return config, err
}
