package main

import (
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
)

// daemon is everything that serves: devices with their engines, loops, a socket.
type daemon struct {
	log     zerolog.Logger
	bay     *loop.Patchbay
	server  *server.Server
	control *server.Control
	state   stateFile
	cards   cards
	rt      *realtime
	loops   loopSet
	wait    sync.WaitGroup
}

// startDaemon returns when programs can connect.
func startDaemon(c config.Config, socket string, log zerolog.Logger) (*daemon, error) {
	d := newDaemon(log)
	if err := d.start(c, socket); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// newDaemon serves nothing yet.
func newDaemon(log zerolog.Logger) *daemon {
	d := &daemon{log: log, bay: loop.NewPatchbay(), rt: newRealtime(log)}
	d.cards = cards{log: log, rt: d.rt, finder: card.Finder{}}
	return d
}

func (d *daemon) start(c config.Config, socket string) error {
	d.state = stateFile{path: c.Daemon.State, socket: socket, bay: d.bay, log: d.log}
	if err := d.state.hold(); err != nil {
		return err
	}
	events := d.bay.Subscribe(eventRoom) // first: devices may have something to tell when they are opened
	d.wait.Go(func() { logEvents(d.log, events) })
	d.state.load()
	for _, device := range c.Devices {
		if err := d.addDevice(device); err != nil {
			return fmt.Errorf("device %s: %w", device.Name, err)
		}
	}
	d.state.follow()
	d.loops = loopSet{bay: d.bay, names: nameListOf(socket), state: &d.state}
	if err := d.loops.begin(c.Loops); err != nil {
		return err
	}
	if d.state.adopted {
		d.state.changed() // before the daemon whose file it was writes there
	}
	at := server.Socket{Path: socket, Mode: c.Daemon.Mode, Group: c.Daemon.Group, Users: c.Daemon.Users}
	s, err := server.Listen(at, d.bay, d.log)
	if err != nil {
		return err
	}
	d.server = s
	at.Path = control.Socket(socket)
	panel := server.Panel{Bay: d.bay, Loops: &d.loops, Thread: d.rt.state}
	if d.control, err = server.ListenControl(at, panel, d.log); err != nil {
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
		if err := s.Serve(); err != nil {
			d.log.Error().Err(err).Msg("no more programs can connect")
		}
	})
	return nil
}

// close hangs up on all programs and gives everything back, also after half a start.
func (d *daemon) close() error {
	var errs []error
	if d.control != nil {
		errs = append(errs, d.control.Close())
	}
	d.state.end()
	if d.server != nil {
		d.loops.names.remove()
		errs = append(errs, d.server.Close())
	}
	d.bay.Close()
	for _, device := range d.bay.Devices() {
		if err := device.Close(); err != nil {
			errs = append(errs, fmt.Errorf("device %s: %w", device.Name(), err))
		}
	}
	d.cards.close()
	d.wait.Wait()
	return errors.Join(errs...)
}
