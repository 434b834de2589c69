// Package daemon runs the daemon: it opens the devices of a configuration, puts loops on them,
// and lets programs and operators in.
//
//	Serve ── Start ──▶ Daemon: cards ─▶ devices ─▶ patchbay ◀─ loops, routes, alarms, state file
//	                                                  ▲
//	                                              server: programs, operators
//
//	Reload ── config.Compare ──▶ followed: prepare, then routes, loops and devices go, and come; what stays is set
package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/backend/sleep"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/sched"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/history"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/metrics"
	"github.com/loopbridge/loopbridge/tap"
)

// Daemon holds devices with their engines, loops and a socket.
type Daemon struct {
	version   string // of the program
	log       zerolog.Logger
	source    Source
	running   running
	clock     sleep.Monotonic
	bay       *loop.Patchbay
	server    *server.Server
	control   *server.Control
	remote    *server.Remote // nil: operators do not come over TCP
	state     *statefile.File
	cards     cards
	threads   *sched.Threads
	loops     loopSet
	routes    routeSet
	recorders recorderSet
	alarms    alarmSet
	sockets   socketSet
	heirs     *succession
	wait      sync.WaitGroup

	hub      *tap.Hub
	network  *network
	heedless context.CancelFunc // nil: nobody heeds
	nodes    *nodeSet
	history  *history.Keeper

	accepted, refused atomic.Uint64 // reloads
}

// Start opens everything and returns once programs can connect. The state of devices is kept in
// c.Daemon.State; "" keeps none.
func Start(c config.Config, socket string, log zerolog.Logger, source Source) (*Daemon, error) {
	d := newDaemon(log)
	d.source = source
	if err := d.start(c, socket); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// newDaemon returns a Daemon without devices.
func newDaemon(log zerolog.Logger) *Daemon {
	d := &Daemon{log: log, clock: sleep.NewMonotonic(), bay: loop.NewPatchbay(), threads: sched.New(log), heirs: newSuccession()}
	d.hub = tap.NewHub(d.bay)
	d.history = history.New(d.bay, d.hub)
	d.network = newNetwork(log)
	d.cards = cards{log: log, threads: d.threads, network: d.network}
	d.cards.opener = d.cards.openSource
	d.nodes = d.newNodeSet()
	d.routes, d.sockets.log = newRouteSet(d.bay, &d.running), log
	d.recorders = recorderSet{record.NewBoard(d.bay, record.OS()), &d.running}
	d.alarms = newAlarmSet(d.bay, d.hub, &fact{bay: d.bay, routes: d.routes.Board, recorders: d.recorders.Board}, &d.running, log)
	return d
}

func (d *Daemon) start(c config.Config, socket string) error {
	d.running.mu.Lock()
	defer d.running.mu.Unlock()
	if err := d.beginLocked(c, socket, len(d.sockets.bound) > 0); err != nil {
		return err
	}
	for _, device := range c.Devices {
		if err := d.addDevice(device); err != nil {
			return fmt.Errorf("device %s: %w", device.Name, err)
		}
	}
	if err := d.loops.beginLocked(c.Loops); err != nil {
		return err
	}
	if err := d.routes.beginLocked(c.Routes, d.state); err != nil {
		return err
	}
	if err := d.recorders.beginLocked(c.Recorders, d.state); err != nil {
		return err
	}
	if err := d.alarms.beginLocked(c.Alarms, nil, d.state); err != nil {
		return err
	}
	d.state.KeepAdopted()
	if err := d.listen(d.sockets.programs(socket, c.Daemon), d.sockets.operators(socket, c.Daemon), nil); err != nil {
		return err
	}
	if err := d.loops.names.write(c.Loops); err != nil {
		d.log.Warn().Err(err).Msg("aplay -L will not show the loops")
	}
	d.serve()
	return nil
}

// beginLocked makes what devices and loops need. activated: the sockets are those of a service manager.
func (d *Daemon) beginLocked(c config.Config, socket string, activated bool) (err error) {
	d.running.config.Daemon = c.Daemon
	if d.state, err = statefile.Open(c.Daemon.State, socket, d.bay, d.log); err != nil {
		return err
	}
	events := d.bay.Subscribe(eventRoom) // subscribe first: devices may have events when they are opened
	d.wait.Go(func() { logEvents(d.log, events) })
	d.state.Follow()
	d.loops = loopSet{bay: d.bay, names: nameListOf(socket, activated), state: d.state, running: &d.running}
	return nil
}

// listen binds the sockets, or takes over those that are bound; tcp: nil, or that for operators over TCP.
func (d *Daemon) listen(programs, operators server.Socket, tcp *os.File) (err error) {
	if d.server, err = server.Listen(programs, d.bay, d.log); err != nil {
		return err
	}
	panel := server.Panel{Bay: d.bay, Loops: &d.loops, Routes: &d.routes, Nodes: d.nodes, Devices: deviceSet{d}, Recorders: &d.recorders, Alarms: d.alarms.Board, Configuration: d, Thread: d.threads.State, Version: d.version, Counts: d.counts,
		Hub: d.hub, History: d.history}
	if d.control, err = server.ListenControl(operators, panel, d.log); err != nil {
		return err
	}
	return d.listenTCP(&d.running.config.Daemon, tcp)
}

// counts returns what only the daemon counts.
func (d *Daemon) counts() metrics.Counts {
	accepted, refused := d.Reloads()
	return metrics.Counts{Reloads: accepted, ReloadsFailed: refused, Handovers: d.heirs.handovers, HandoversFailed: d.heirs.failed.Load()}
}

// measureLocked measures all the time what the configuration says.
func (d *Daemon) measureLocked() {
	var places []tap.Place
	for _, text := range d.running.config.Meters() {
		if p, err := tap.ParsePlace(text); err == nil {
			places = append(places, p)
		}
	}
	d.history.Watch(places)
}

// serve lets programs and operators in.
func (d *Daemon) serve() {
	if err := d.network.discover(d.running.config.Daemon.Discover); err != nil {
		d.log.Error().Err(err).Msg("streams on the network are not discovered")
	}
	d.wait.Go(func() { d.nodes.keep(d.bay) })
	var ctx context.Context
	ctx, d.heedless = context.WithCancel(context.Background())
	d.wait.Go(func() { heed(ctx, d.bay) })
	d.measureLocked()
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
}

// Close disconnects all programs and closes everything, also after half a start.
func (d *Daemon) Close() error {
	d.running.mu.Lock() // after a reload that goes on
	d.running.closed = true
	d.running.mu.Unlock()
	var errs []error
	if d.control != nil {
		errs = append(errs, d.control.Close())
	}
	errs = append(errs, d.closeTCP())
	if d.heedless != nil {
		d.heedless()
	}
	d.nodes.close()
	d.alarms.Close()
	d.history.Close()
	d.hub.Wait()
	if d.state != nil {
		d.state.Close()
	}
	if d.server != nil {
		d.loops.names.remove()
		errs = append(errs, d.server.Close())
	}
	d.recorders.Close()
	d.routes.close()
	d.bay.Close()
	for _, device := range d.bay.Devices() {
		if err := device.Close(); err != nil {
			errs = append(errs, fmt.Errorf("device %s: %w", device.Name(), err))
		}
	}
	d.cards.close()
	errs = append(errs, d.network.close())
	d.wait.Wait()
	errs = append(errs, d.sockets.close())
	return errors.Join(errs...)
}
