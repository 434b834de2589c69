package daemon

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/node/cuse"
)

// The files of the kernel that nodes need.
const (
	devFolder = "/dev"
	cuseFile  = "/dev/cuse"
)

// nodeSet makes the nodes of what runs, and removes those of what does not.
type nodeSet struct {
	set *node.Set
	*running

	change chan struct{} // latched: the configuration may want others
	stop   chan struct{}
	once   sync.Once

	own sync.Mutex
	as  config.Nodes // owner, group and mode of the nodes to come; guarded by own
}

// newNodeSet returns a nodeSet without nodes.
func (d *Daemon) newNodeSet() *nodeSet {
	s := &nodeSet{running: &d.running, change: make(chan struct{}, 1), stop: make(chan struct{})}
	s.set = node.NewSet(d.bay, node.Options{
		Dev: devFolder, Open: openCUSE, Adopt: adoptCUSE, Exists: exists, Own: s.permit,
		Note: func(text string) { d.log.Warn().Msg("device nodes: " + text) },
	})
	return s
}

// openCUSE opens a node that is not there yet.
func openCUSE() (io.ReadWriteCloser, error) {
	f, err := cuse.OpenKernel(cuseFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, audio.ErrNoDevice.With("there is no %s: load the kernel's module with modprobe cuse; see loopbridge doctor", cuseFile)
	case errors.Is(err, fs.ErrPermission):
		return nil, audio.ErrPermission.With("the daemon may not open %s: a rule of udev can permit that; see loopbridge doctor", cuseFile)
	case err != nil:
		return nil, audio.ErrIO.With("%v", err)
	}
	return f, nil
}

// adoptCUSE makes use of the descriptor of a node that is there.
func adoptCUSE(fd int) (io.ReadWriteCloser, error) {
	k, err := cuse.AdoptKernel(fd, cuseFile)
	if err != nil {
		return nil, audio.ErrIO.With("%v", err)
	}
	return k, nil
}

// exists reports whether something is below /dev.
func exists(path string) bool {
	_, err := os.Lstat(filepath.Join(devFolder, path))
	return err == nil
}

// permit gives a node its owner, group and mode.
func (s *nodeSet) permit(path string) error {
	s.own.Lock()
	n := s.as
	s.own.Unlock()
	uid, gid := -1, -1
	if n.Owner != "" {
		u, err := user.Lookup(n.Owner)
		if err != nil {
			return err
		}
		if uid, err = strconv.Atoi(u.Uid); err != nil {
			return err
		}
	}
	if n.Group != "" {
		g, err := user.LookupGroup(n.Group)
		if err != nil {
			return err
		}
		if gid, err = strconv.Atoi(g.Gid); err != nil {
			return err
		}
	}
	if err := os.Chmod(path, n.Mode); err != nil {
		return fmt.Errorf("chmod: %w", err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		return fmt.Errorf("chown: %w", err)
	}
	return nil
}

// keep makes and removes nodes as loops and devices come and go, until close.
func (s *nodeSet) keep(bay *loop.Patchbay) {
	for {
		_, next := bay.Revision()
		s.set.Follow(s.wanted())
		select {
		case <-next:
		case <-s.change:
		case <-s.stop:
			return
		}
	}
}

// changed makes the nodes that a new configuration wants, soon.
func (s *nodeSet) changed() {
	select {
	case s.change <- struct{}{}:
	default:
	}
}

// wanted returns the nodes of what runs.
func (s *nodeSet) wanted() []node.Spec {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.config.Daemon.Nodes
	s.own.Lock()
	s.as = n
	s.own.Unlock()
	if !n.Make || s.closed {
		return nil
	}
	var loops, devices []string
	for _, l := range s.config.Loops {
		loops = append(loops, l.Name)
	}
	attached := func(name string) string {
		if l := s.config.Loop(name); l != nil && l.Attached != 0 {
			return l.Device
		}
		return ""
	}
	for _, d := range s.config.Devices {
		if d.Play || d.Record {
			devices = append(devices, d.Name)
		}
	}
	return node.Plan(loops, attached, devices, node.Names{DSP: n.DSP, Audio: n.Audio, Mixer: n.Mixer})
}

// close removes all nodes. A second call does nothing.
func (s *nodeSet) close() {
	s.once.Do(func() {
		close(s.stop)
		s.set.Close()
	})
}

// Nodes implements server.Nodes.
func (s *nodeSet) Nodes() []api.Node {
	all := []api.Node{}
	for _, n := range s.set.Nodes() {
		shown := api.Node{Path: filepath.Join(devFolder, n.Path), Kind: n.Kind.String(), Of: n.Of, Problem: n.Problem, Holders: []api.NodeHolder{}}
		if n.Kind == node.Loop {
			shown.End = n.Role.String()
		}
		for _, h := range n.Holders() {
			shown.Holders = append(shown.Holders, api.NodeHolder{PID: h.PID, UID: h.UID, Program: h.Program, Direction: pcm.Verb(h.Direction)})
		}
		all = append(all, shown)
	}
	return all
}
