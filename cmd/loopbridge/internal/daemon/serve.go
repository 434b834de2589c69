package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/sched"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/systemd"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/handover"
)

// Options are what Serve needs besides a configuration.
type Options struct {
	Socket string // path of the daemon's socket
	Fixed  bool   // the command line gives it, whatever a configuration says
	// Load reads the configuration again. nil: there is none.
	Load    func() (config.Config, error)
	Hangups Hangups
	Log     io.Writer
	Version string // of the program, for the log
	Ready   func() // called when programs can connect, unless a service manager is told or they were handed over
	// Inherited is what a program before has handed over; nil: nothing.
	Inherited *handover.Inheritance
}

// Serve runs a daemon until ctx ends or the terminal in which the process was started closes. What was handed over goes on,
// whatever c says.
func Serve(ctx context.Context, c config.Config, o Options) error {
	if o.Inherited == nil {
		return serve(ctx, c, nil, o)
	}
	var h handed
	if err := handover.Read(o.Inherited.State, &h); err != nil {
		return o.Inherited.GiveBack(err, os.Args, nil)
	}
	o.Socket = h.Programs.Socket.Path
	return serve(ctx, h.Config, &h, o)
}

// serve is Serve, with what was handed over, or nil.
func serve(ctx context.Context, c config.Config, h *handed, o Options) error {
	out := o.Log
	toJournal := out == io.Writer(os.Stderr) && systemd.LogsToJournal()
	bound, err := systemd.Sockets()
	if err != nil {
		return err
	}
	var libraries *portaudio.Stderr
	if c.UsesPortAudio() {
		if libraries, err = portaudio.TakeStderr(); err != nil {
			return fmt.Errorf("standard error cannot be captured: %w", err)
		}
		defer libraries.GiveBack()
		if out == io.Writer(os.Stderr) {
			out = libraries.Own
		}
	}
	least := newThreshold(c.Daemon.Log)
	log, queue := newLog(out, toJournal, least)
	defer queue.Close()
	if libraries != nil {
		libraries.Listen(libraryLog(log))
	}
	d := newDaemon(log)
	d.source = Source{Load: o.Load, Level: least.set, Reloading: reloading, Settle: func(file *config.Config) {
		file.Daemon.State = statefile.Path(file.Daemon.State, o.Socket)
		if o.Fixed {
			file.Daemon.Socket = c.Daemon.Socket
		}
	}}
	d.version, d.sockets.bound = o.Version, bound
	d.heirs.settle = queue.settle
	if libraries != nil {
		d.heirs.release = libraries.Lend
	}
	if h == nil {
		d.source.Settle(&c)
		started, settled := extendStart(), d.cards.awaitLate(ctx)
		err = d.start(c, o.Socket)
		settled()
		started()
	} else if err = d.resume(h); err == nil {
		d.resumed(h, o.Inherited)
	} else {
		return o.Inherited.GiveBack(err, h.Args, h.files())
	}
	if err != nil {
		return errors.Join(err, d.Close())
	}
	line := log.Info().Str("version", o.Version).Str("socket", o.Socket).Str("state", c.Daemon.State)
	line.Int("loops", len(c.Loops)).Int("routes", len(c.Routes)).Msg("running")
	sched.RelaxTimers()
	ended := d.report(o.Socket)
	systemd.Ready()
	switch {
	case h != nil && h.Reload:
		_, _ = d.Reload() // the log has what came of it
	case h == nil && !systemd.Notifies():
		o.Ready()
	}
	log.Info().Str("cause", o.Hangups.wait(ctx, d)).Msg("stopping")
	systemd.Stopping()
	ended()
	return d.Close()
}

// reloading tells the service manager of a reload, which gets the processor at once.
func reloading(begun bool) {
	if begun {
		sched.TightenTimers()
		systemd.Reloading()
		return
	}
	sched.RelaxTimers()
	systemd.Ready()
}

// wait reloads the configuration at each SIGHUP. It blocks until the daemon must stop, and returns the reason.
func (h Hangups) wait(ctx context.Context, d *Daemon) string {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx).Error()
		case <-h.signals:
			if h.closed() {
				return "the terminal has closed"
			}
			if d.heirs.changed() && d.handOver(nil, true) == nil {
				continue
			}
			_, _ = d.Reload() // the log has what came of it
		}
	}
}
