// Package daemon runs the daemon: it opens the devices of a configuration, puts loops on them,
// and lets programs and operators in.
//
//	Serve ── Start ──▶ Daemon: cards ─▶ devices ─▶ patchbay ◀─ loops, routes, state file
//	                                                  ▲
//	                                              server: programs, operators
package daemon

import (
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/backend/sleep"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/sched"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
)

// Daemon holds devices with their engines, loops and a socket.
type Daemon struct {
	version string // of the program
	log     zerolog.Logger
	clock   sleep.Monotonic
	bay     *loop.Patchbay
	server  *server.Server
	control *server.Control
	remote  *server.Remote // nil: operators do not come over TCP
	state   *statefile.File
	cards   cards
	threads *sched.Threads
	loops   loopSet
	routes  routeSet
	sockets socketSet
	wait    sync.WaitGroup
}

// Start opens everything and returns once programs can connect. The state of devices is kept in
// c.Daemon.State; "" keeps none.
func Start(c config.Config, socket string, log zerolog.Logger) (*Daemon, error) {
	d := newDaemon(log)
	if err := d.start(c, socket); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// newDaemon returns a Daemon without devices.
func newDaemon(log zerolog.Logger) *Daemon {
	d := &Daemon{log: log, clock: sleep.NewMonotonic(), bay: loop.NewPatchbay(), threads: sched.New(log)}
	d.cards = cards{log: log, threads: d.threads}
	d.cards.opener = d.cards.openSource
	d.routes, d.sockets.log = newRouteSet(d.bay), log
	return d
}

func (d *Daemon) start(c config.Config, socket string) error {
	var err error
	if d.state, err = statefile.Open(c.Daemon.State, socket, d.bay, d.log); err != nil {
		return err
	}
	events := d.bay.Subscribe(eventRoom) // subscribe first: devices may have events when they are opened
	d.wait.Go(func() { logEvents(d.log, events) })
	d.state.Follow()
	for _, device := range c.Devices {
		if err := d.addDevice(device); err != nil {
			return fmt.Errorf("device %s: %w", device.Name, err)
		}
	}
	d.loops = loopSet{bay: d.bay, names: nameListOf(socket, len(d.sockets.bound) > 0), state: d.state}
	if err := d.loops.begin(c.Loops); err != nil {
		return err
	}
	if err := d.routes.begin(c.Routes, d.state); err != nil {
		return err
	}
	d.state.KeepAdopted()
	at := d.sockets.programs(socket, c.Daemon)
	if d.server, err = server.Listen(at, d.bay, d.log); err != nil {
		return err
	}
	panel := server.Panel{Bay: d.bay, Loops: &d.loops, Routes: &d.routes, Thread: d.threads.State, Version: d.version}
	if d.control, err = server.ListenControl(d.sockets.operators(socket, c.Daemon), panel, d.log); err != nil {
		return err
	}
	if err := d.listenTCP(&c.Daemon); err != nil {
		return err
	}
	if err := d.loops.names.write(c.Loops); err != nil {
		d.log.Warn().Err(err).Msg("aplay -L will not show the loops")
	}
	d.wait.Go(func() {
		if err := d.control.Serve(); err != nil {
			d.log.Error().Err(err).Msg("no more operators can connect")
		}
	})
	d.wait.Go(func() {
		if err := d.server.Serve(); err != nil {
			d.log.Error().Err(err).Msg("no more programs can connect")
		}
	})
	return nil
}

// Close disconnects all programs and closes everything, also after half a start.
func (d *Daemon) Close() error {
	var errs []error
	if d.control != nil {
		errs = append(errs, d.control.Close())
	}
	if d.remote != nil {
		errs = append(errs, d.remote.Close())
	}
	if d.state != nil {
		d.state.Close()
	}
	if d.server != nil {
		d.loops.names.remove()
		errs = append(errs, d.server.Close())
	}
	d.routes.close()
	d.bay.Close()
	for _, device := range d.bay.Devices() {
		if err := device.Close(); err != nil {
			errs = append(errs, fmt.Errorf("device %s: %w", device.Name(), err))
		}
	}
	d.cards.close()
	d.wait.Wait()
	errs = append(errs, d.sockets.close())
	return errors.Join(errs...)
}
