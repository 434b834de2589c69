package daemon

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/handover"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/record"
	"github.com/loopbridge/loopbridge/server"
)

// handed is all that a daemon hands over to the program that takes its place. Numbers of files are descriptors.
type handed struct {
	Version   string // of the program before
	Args      []string
	Began     int64  // when everything stood still, in ns of CLOCK_MONOTONIC
	Ended     int64  // when it moved again, of the new process
	Handovers uint64 // before this one
	Reload    bool   // the new program is to read the configuration again
	Config    config.Config
	Bay       loop.State
	Routes    []route.Handed
	Alarms    map[string]alarm.Saved
	Recorders []record.Handed
	Triggers  []string // of recorders, that are up
	Nodes     node.State
	Programs  server.State
	Operators server.SocketState
	TCP       *server.SocketState // nil: operators do not come over TCP
	Reply     int                 // connection of the operator that waits for the answer; −1: none
	History   int                 // file of the last 24 hours; −1: none
	Waiting   int                 // file of the frames that wait in recorders; −1: none
}

// files returns all descriptors.
func (h *handed) files() []int {
	all := slices.Concat(h.Programs.Files(), h.sockets(), h.Nodes.Files())
	for i := range h.Bay.Devices {
		all = append(all, h.Bay.Devices[i].Stream.Descriptors()...)
	}
	for i := range h.Bay.Loops {
		for j := range h.Bay.Loops[i].Ends {
			for _, fd := range []int{h.Bay.Loops[i].Ends[j].Host.Bell, h.Bay.Loops[i].Ends[j].Host.Memory} {
				if fd >= 0 {
					all = append(all, fd)
				}
			}
		}
	}
	for _, fd := range []int{h.Reply, h.History, h.Waiting} {
		if fd >= 0 {
			all = append(all, fd)
		}
	}
	return all
}

// sockets returns the descriptors of the sockets that are listened on.
func (h *handed) sockets() []int {
	all := append(h.Programs.Socket.Files(), h.Operators.Files()...)
	if h.TCP != nil {
		all = append(all, h.TCP.Files()...)
	}
	return all
}

// succession is how the program of a daemon is replaced.
type succession struct {
	mu        sync.Mutex // held by a handover
	program   handover.Program
	inode     os.FileInfo // of the program that runs; nil: not known
	handovers uint64
	failed    atomic.Uint64
	release   func() (undo func()) // gives back what belongs to the process before an exec; nil: nothing
	settle    func()               // blocks until the log is written, but not for long; nil: at once
}

// newSuccession returns the succession of the program that runs.
func newSuccession() *succession {
	s := &succession{}
	path, err := os.Executable() // without what the kernel adds to the name of a deleted file
	if err == nil {
		s.program = handover.Program{Path: path, Args: os.Args}
		s.inode, _ = os.Stat("/proc/self/exe")
	}
	return s
}

// changed reports whether another program is at the path of the one that runs.
func (s *succession) changed() bool {
	now, err := os.Stat(s.program.Path)
	return err == nil && s.inode != nil && !os.SameFile(now, s.inode)
}

// Upgrade implements server.Configuration.
func (d *Daemon) Upgrade(conn *net.UnixConn, changed bool) (api.Upgrade, error) {
	if changed && !d.heirs.changed() {
		return api.Upgrade{From: d.version, Handovers: d.heirs.handovers}, nil
	}
	return api.Upgrade{}, d.handOver(conn, false)
}

// handOver lets the program at the daemon's path take the place of this one. It returns only if that fails: then
// everything goes on as before.
func (d *Daemon) handOver(conn *net.UnixConn, reload bool) (err error) {
	s := d.heirs
	if !s.mu.TryLock() {
		return audio.ErrBusy.With("an upgrade is under way")
	}
	defer s.mu.Unlock()
	defer func() {
		s.failed.Add(1)
		d.log.Error().Err(err).Str("program", s.program.Path).Msg("the program was not replaced; all goes on")
	}()
	if s.program.Path == "" {
		return audio.ErrUnsupported.With("the path of this program is not known")
	}
	handover.Learn(&handed{})
	state, thaw, err := d.freezeSoon(conn, reload)
	if err != nil {
		return err
	}
	rehearsal, err := handover.Write(state)
	thaw() // until it is known that the other program can read it
	if err != nil {
		return err
	}
	defer rehearsal.Close()
	if err := s.program.Rehearse(context.Background(), rehearsal); err != nil {
		return err
	}
	d.state.Flush()
	defer d.recorders.Suspend()()
	waiting := d.waiting()
	defer waiting.Close()
	past := d.past()
	defer past.Close()
	if s.settle != nil {
		s.settle()
	}
	if state, thaw, err = d.freezeSoon(conn, reload); err != nil {
		return err
	}
	defer thaw()
	state.History, state.Waiting = numberOf(past), numberOf(waiting)
	file, err := handover.Write(state)
	if err != nil {
		return err
	}
	defer file.Close()
	if s.release != nil {
		defer s.release()()
	}
	return s.program.Exec(file, state.files())
}

// A program or an operator may be at work just now: freezeSoon tries so often, with so much time between.
const (
	freezeTries = 10
	freezeRest  = 100 * time.Millisecond
)

// freezeSoon is freeze, tried again for some seconds while somebody keeps the daemon busy.
func (d *Daemon) freezeSoon(conn *net.UnixConn, reload bool) (h *handed, thaw func(), err error) {
	for range freezeTries {
		if h, thaw, err = d.freeze(conn, reload); !errors.Is(err, audio.ErrBusy) {
			break
		}
		time.Sleep(freezeRest)
	}
	return h, thaw, err
}

// freeze lets everything stand still, and describes it. thaw lets it go on.
func (d *Daemon) freeze(conn *net.UnixConn, reload bool) (h *handed, thaw func(), err error) {
	var undo []func()
	thaw = func() {
		for i := range undo {
			undo[len(undo)-1-i]()
		}
	}
	defer func() {
		if err != nil {
			thaw()
		}
	}()
	operators, err := d.control.Freeze()
	if err != nil {
		return nil, nil, err
	}
	undo = append(undo, operators)
	d.running.mu.Lock()
	undo = append(undo, d.running.mu.Unlock)
	if d.running.closed {
		return nil, nil, audio.ErrClosed.With("the daemon ends")
	}
	alarms := d.alarms.Saved() // while what they watch can still be asked
	programs, err := d.server.Freeze()
	if err != nil {
		return nil, nil, err
	}
	undo = append(undo, programs.Thaw)
	nodes, err := d.nodes.set.Freeze()
	if err != nil {
		return nil, nil, err
	}
	undo = append(undo, nodes.Thaw, d.routes.Hold(), d.recorders.Hold())
	bay := d.bay.Freeze()
	undo = append(undo, bay.Thaw)
	h = &handed{
		Version: d.version, Args: d.heirs.program.Args, Began: monotonic(), Handovers: d.heirs.handovers, Reload: reload, Config: d.running.config,
		Routes: d.routes.HandOver(), Alarms: alarms, Reply: -1, History: -1, Waiting: -1,
	}
	loops, err := bay.State()
	if err != nil {
		return nil, nil, err
	}
	h.Bay = *loops
	at, err := nodes.HandOver(bay)
	if err != nil {
		return nil, nil, err
	}
	h.Nodes = *at
	h.Recorders, h.Triggers = d.recorders.HandOver()
	if h.Programs, err = programs.State(bay); err != nil {
		return nil, nil, err
	}
	if h.Operators, err = d.control.State(); err != nil {
		return nil, nil, err
	}
	if d.remote != nil {
		tcp, err := d.remote.State()
		if err != nil {
			return nil, nil, err
		}
		h.TCP = &tcp
	}
	if conn != nil {
		if h.Reply, err = server.Descriptor(conn); err != nil {
			return nil, nil, err
		}
	}
	return h, thaw, nil
}

// monotonic returns the time of CLOCK_MONOTONIC in ns.
func monotonic() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // never fails on Linux
	return t.Nano()
}
