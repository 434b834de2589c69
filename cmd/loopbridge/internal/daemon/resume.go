package daemon

import (
	"fmt"
	"net"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/handover"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server"
)

// inheritance is what a daemon resumes, piece by piece, in the order in which start makes things.
type inheritance struct {
	*handed
	routes    *route.Resumption
	recorders *record.Resumption
	nodes     *node.Resumption
	programs  *server.Resumption
}

// resume is start for what a process before has handed over. After an error nothing is as it was, and the program before
// may go on.
func (d *Daemon) resume(h *handed) error {
	d.running.mu.Lock()
	defer d.running.mu.Unlock()
	d.heirs.handovers = h.Handovers + 1
	d.threads.TakeOver()
	defer d.cards.lookAway()() // until the engines run
	i := &inheritance{h, d.routes.Resume(), d.recorders.Resume(h.Triggers, descriptor(h.Waiting)), d.nodes.set.Resume(&h.Nodes), server.Resume(&h.Programs)}
	if err := d.beginLocked(i.Config, i.Programs.Socket.Path, i.Programs.Socket.Lock < 0); err != nil {
		return err
	}
	for _, c := range i.Config.Devices {
		if err := d.resumeDevice(c, i.device(c.Name)); err != nil {
			return fmt.Errorf("device %s: %w", c.Name, err)
		}
	}
	if err := d.loops.beginLocked(i.Config.Loops); err != nil {
		return err
	}
	ends, err := d.resumeLoops(i)
	if err != nil {
		return err
	}
	for _, r := range i.Config.Routes {
		if err := d.resumeRouteLocked(i, r, ends); err != nil {
			return err
		}
	}
	for _, r := range i.Config.Recorders {
		if err := d.resumeRecorderLocked(i, r, ends); err != nil {
			return err
		}
	}
	d.routes.beginFollowing(d.state)
	d.state.Recorders(d.recorders.Board)
	if err := d.resumeSockets(i); err != nil {
		return err
	}
	if err := i.nodes.Add(ends); err != nil {
		return err
	}
	if slices.ContainsFunc(i.Config.Devices, func(c config.Device) bool { return c.Backend == config.ALSA || c.Backend == config.PortAudio }) {
		d.threads.Prepare()
	}
	d.bay.Run()
	i.Ended = monotonic()
	i.routes.Run()
	i.recorders.Run()
	i.nodes.Run()
	if h.Waiting > 0 { // 0: the program before knew of no recorders
		_ = unix.Close(h.Waiting)
	}
	i.programs.Run(d.server, ends)
	if err := d.alarms.beginLocked(i.Config.Alarms, i.Alarms, d.state); err != nil {
		d.log.Error().Err(err).Msg("the alarms do not go on")
	}
	d.state.Save()
	d.serve()
	return nil
}

// resumeSockets listens on the sockets of the process before.
func (d *Daemon) resumeSockets(i *inheritance) (err error) {
	programs, operators := socketOf(i.Programs.Socket.Path, &i.Config.Daemon), socketOf(i.Operators.Path, &i.Config.Daemon)
	if programs.Bound, err = i.Programs.Socket.Bound(); err == nil {
		operators.Bound, err = i.Operators.Bound()
	}
	var tcp *server.Bound
	if err == nil && i.TCP != nil {
		tcp, err = i.TCP.Bound()
	}
	switch {
	case err != nil:
		return err
	case tcp == nil:
		return d.listen(programs, operators, nil)
	}
	return d.listen(programs, operators, tcp.File)
}

// resumed tells whom it concerns that the process goes on, and closes what is of no use any more.
func (d *Daemon) resumed(h *handed, from *handover.Inheritance) {
	d.remember(h.History)
	d.answer(h, from.Failed)
	from.Close()
	h.closeSockets()
}

// device returns what the engine of a device knew; nil: it is new.
func (i *inheritance) device(name string) *loop.EngineState {
	at := slices.IndexFunc(i.Bay.Devices, func(e loop.EngineState) bool { return e.Name == name })
	if at < 0 {
		return nil
	}
	return &i.Bay.Devices[at]
}

// resumeStream returns the stream of a device that was handed over. As with open, only this function knows every backend.
func (d *Daemon) resumeStream(c config.Device, h backend.Handed) (backend.Stream, error) {
	switch {
	case c.RecordCard.Name != "":
		return d.resumeTwo(c, h)
	case c.Backend != config.Null:
		return d.cards.resume(c, h)
	}
	o := null.Options{}
	var err error
	if o.Input, err = openInput(c.Input, c.Format); err != nil {
		return nil, err
	}
	return null.Resume(h, o)
}

// resumeDevice adds a device that was handed over.
func (d *Daemon) resumeDevice(c config.Device, v *loop.EngineState) error {
	if v == nil {
		return audio.ErrInvalid.With("it was not handed over")
	}
	stream, err := d.resumeStream(c, v.Stream)
	if err != nil {
		return err
	}
	device, err := loop.ResumeEngine(c.Name, stream, d.optionsOf(c, stream), v)
	if err != nil {
		return err
	}
	return d.insertDevice(device, c)
}

// resumeRouteLocked adds a route that was handed over.
func (d *Daemon) resumeRouteLocked(i *inheritance, r config.Route, ends map[int]*loop.End) error {
	was := i.route(r.Name)
	if was == nil {
		return audio.ErrInvalid.With("route %s: it was not handed over", r.Name)
	}
	if err := i.routes.Add(r.Spec, was, ends); err != nil {
		return fmt.Errorf("route %s: %w", r.Name, err)
	}
	d.running.config.Routes = append(d.running.config.Routes, r)
	return nil
}

// resumeLoops lets the ends and routes of the process before go on. Engines stand still until run.
func (d *Daemon) resumeLoops(i *inheritance) (map[int]*loop.End, error) {
	return d.bay.Resume(&i.Bay, func(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
		for _, find := range []loop.FindHost{i.programs.Host, i.routes.Host, i.recorders.Host, i.nodes.Host} {
			if h, mem, err := find(e, bytes); h != nil || err != nil {
				return h, mem, err
			}
		}
		return nil, nil, audio.ErrInvalid.With("the state has an end of a %q, which this program does not know", e.Host.Kind)
	})
}

// route returns what a route knew; nil: it is new.
func (i *inheritance) route(name string) *route.Handed {
	at := slices.IndexFunc(i.Routes, func(r route.Handed) bool { return r.Name == name })
	if at < 0 {
		return nil
	}
	return &i.Routes[at]
}

// answer tells the operator that asked for the upgrade.
func (d *Daemon) answer(h *handed, failed string) {
	ms := float64(h.Ended-h.Began) / 1e6
	done := api.Upgrade{
		From: h.Version, To: d.version, Away: ms, Connections: len(h.Programs.Conns), Handovers: d.heirs.handovers,
	}
	line := d.log.Info()
	var err error
	if failed != "" {
		err = audio.ErrUnsupported.With("the new program has given up, and the one before runs again: %s", failed)
		line = d.log.Error().Err(err)
	}
	line.Str("from", done.From).Str("to", done.To).Float64("away_ms", ms).Int("connections", done.Connections).
		Msg("the program was replaced")
	if h.Reply < 0 {
		return
	}
	file := os.NewFile(uintptr(h.Reply), "operator")
	conn, connErr := net.FileConn(file)
	file.Close()
	if connErr != nil {
		return // the operator has gone
	}
	go func() {
		defer conn.Close()
		_ = server.AnswerUpgrade(conn, done, err)
	}()
}

// closeSockets closes what is in use under other numbers.
func (h *handed) closeSockets() {
	for _, fd := range h.sockets() {
		_ = unix.Close(fd)
	}
}

// Rehearse says whether this program could go on from a state, of which it has no descriptor: it makes all of it in memory.
func Rehearse(from *handover.Inheritance) error {
	var h handed
	if err := handover.Read(from.State, &h); err != nil {
		return err
	}
	bay := loop.NewPatchbay()
	routes := route.NewBoard(bay).Resume()
	for i := range h.Bay.Devices {
		v := &h.Bay.Devices[i]
		s, err := null.Open(v.Config, null.Options{}) // stands in for every kind
		if err != nil {
			s, err = null.Open(roomy(v.Config), null.Options{})
		}
		if err != nil {
			return err
		}
		at := slices.IndexFunc(h.Config.Devices, func(c config.Device) bool { return c.Name == v.Name })
		if at < 0 {
			return audio.ErrInvalid.With("the state has a device %s that is not in its configuration", v.Name)
		}
		e, err := loop.ResumeEngine(v.Name, s, loop.EngineOptions{Ports: h.Config.Devices[at].Ports}, v)
		if err == nil {
			err = bay.AddDevice(e)
		}
		if err != nil {
			return fmt.Errorf("device %s: %w", v.Name, err)
		}
	}
	for _, l := range h.Config.Loops {
		device, err := bay.Device(l.Device)
		if err == nil {
			err = bay.Add(l.Spec, device)
		}
		if err != nil {
			return fmt.Errorf("loop %s: %w", l.Name, err)
		}
	}
	ends, err := bay.Resume(&h.Bay, func(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
		if h, mem, err := routes.Host(e, bytes); h != nil || err != nil {
			return h, mem, err
		}
		return nobody{}, ring.Memory(bytes), nil
	})
	if err != nil {
		return err
	}
	for _, r := range h.Config.Routes {
		at := slices.IndexFunc(h.Routes, func(v route.Handed) bool { return v.Name == r.Name })
		if at < 0 {
			continue
		}
		if err := routes.Add(r.Spec, &h.Routes[at], ends); err != nil {
			return fmt.Errorf("route %s: %w", r.Name, err)
		}
	}
	return nil
}

// roomy returns a configuration that a timer can have.
func roomy(c backend.Config) backend.Config {
	c.Period = min(max(c.Period, null.MinPeriod(c.Format.Rate)), null.MaxPeriod(c.Format.Rate))
	c.Periods = min(max(c.Periods, 2), null.MaxPeriods)
	return c
}

// nobody is the host of an end in a rehearsal.
type nobody struct{}

func (nobody) Memory(n int) ([]byte, error) { return ring.Memory(n), nil }
func (nobody) Free([]byte)                  {}
func (nobody) Ring()                        {}
func (nobody) Disconnect(error)             {}
