package node

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/cuse"
	"github.com/loopbridge/loopbridge/node/oss"
)

// Options is what a Set needs of the machine.
type Options struct {
	// Open opens /dev/cuse; each is a node.
	Open func() (io.ReadWriteCloser, error)
	// Adopt makes use of a descriptor of one that the process before has opened. nil: there was none.
	Adopt func(fd int) (io.ReadWriteCloser, error)
	// Dev is where nodes appear, "/dev".
	Dev string
	// Exists reports whether something is at a path below Dev. nil: nothing is.
	Exists func(path string) bool
	// Own gives a new node its owner, group and mode. nil: they stay.
	Own func(path string) error
	// Note is told what keeps nodes away, once for each reason. nil: nobody is.
	Note func(text string)
}

// Set is the nodes of a daemon. Any goroutine may call its methods.
type Set struct {
	bay     *loop.Patchbay
	options Options

	mu     sync.Mutex // held while nodes are made or removed
	nodes  map[string]*Node
	suns   map[string]*sunDevice // by device: all its nodes share one
	noted  map[string]bool
	closed bool
}

// Node is one that is there, or should be.
type Node struct {
	Spec
	// Problem says why it is not there; "": it is.
	Problem string

	conn *cuse.Conn
}

// NewSet returns a Set without nodes.
func NewSet(bay *loop.Patchbay, o Options) *Set {
	return &Set{bay: bay, options: o, nodes: map[string]*Node{}, suns: map[string]*sunDevice{}, noted: map[string]bool{}}
}

// Follow makes the nodes that are wanted and removes all others, whose programs get ECONNRESET. It blocks for the kernel. One
// that cannot be made has a Problem, and is tried again by the next Follow.
func (s *Set) Follow(wanted []Spec) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for path, n := range s.nodes {
		if !slices.Contains(wanted, n.Spec) || n.conn == nil || n.ended() {
			s.dropLocked(path)
		}
	}
	for _, spec := range wanted {
		if s.nodes[spec.Path] == nil {
			s.nodes[spec.Path] = s.make(spec)
		}
	}
}

// ended reports whether the kernel has given the node up.
func (n *Node) ended() bool {
	select {
	case <-n.conn.Done():
		return true
	default:
		return false
	}
}

func (s *Set) dropLocked(path string) {
	n := s.nodes[path]
	delete(s.nodes, path)
	if n.conn != nil {
		_ = n.conn.Close() // it is gone in any case
	}
}

// make returns a node, or why there is none.
func (s *Set) make(spec Spec) *Node {
	n := &Node{Spec: spec}
	err := s.serve(n)
	if err != nil {
		n.Problem = err.Error()
		s.note(n.Problem)
	}
	return n
}

func (s *Set) serve(n *Node) error {
	if s.options.Exists != nil && s.options.Exists(n.Path) {
		return audio.ErrBusy.With("%s is there already, and is not ours", s.at(n.Path))
	}
	kernel, err := s.options.Open()
	if err != nil {
		return err
	}
	conn, err := cuse.Serve(kernel, n.Path, s.device(n.Spec))
	if err != nil {
		return err
	}
	n.conn = conn
	if s.options.Own == nil {
		return nil
	}
	if err := s.options.Own(s.at(n.Path)); err != nil {
		s.note(fmt.Sprintf("nodes keep the owner and the mode that udev gives them: %v", errors.Unwrap(err)))
	}
	return nil
}

func (s *Set) at(path string) string { return filepath.Join(s.options.Dev, path) }

// note tells what is wrong, once.
func (s *Set) note(text string) {
	if s.options.Note != nil && !s.noted[text] {
		s.noted[text] = true
		s.options.Note(text)
	}
}

// device returns what answers the calls of a node. It needs mu.
func (s *Set) device(spec Spec) cuse.Device {
	switch spec.Kind {
	case Mixer:
		return &mixerNode{bay: s.bay, name: spec.Of}
	case Audio, Control:
		d := s.suns[spec.Of]
		if d == nil {
			d = newSunDevice(s.bay, spec.Of)
			s.suns[spec.Of] = d
		}
		if spec.Kind == Control {
			return &sunControl{d}
		}
		return d
	}
	return &dsp{bay: s.bay, loop: spec.Of, role: spec.Role, list: s.audios, node: s.at(spec.Path), of: spec.Device}
}

// Nodes returns all nodes, sorted by path.
func (s *Set) Nodes() []Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Node
	for _, n := range s.nodes {
		all = append(all, *n)
	}
	slices.SortFunc(all, func(a, b Node) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// Close removes all nodes for good. Programs that have one open get ECONNRESET.
func (s *Set) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.dropAllLocked()
}

func (s *Set) dropAllLocked() {
	for path := range s.nodes {
		s.dropLocked(path)
	}
}

// audios returns what AUDIOINFO says of the client ends of all loops.
func (s *Set) audios() (all []oss.Audio) {
	for _, l := range s.bay.Status() {
		a := oss.Audio{
			Name: "Audio loopback " + l.Name, Handle: "loopbridge-" + l.Name, Node: s.at(path(l.Name)),
			Caps: capsOf(pcm.Client, l.Server.Direction.Opposite()), InFormats: oss.Formats(), OutFormats: oss.Formats(),
			MinRate: audio.MinRate, MaxRate: audio.MaxRate, MinChannels: 1, MaxChannels: audio.MaxChannels, Latency: -1,
		}
		if l.Client.Open {
			a.PID, a.Command = l.Client.Holder.PID, l.Client.Holder.Program
			a.Busy = oss.OpenRead
			if l.Client.Direction == audio.Play {
				a.Busy = oss.OpenWrite
			}
		}
		all = append(all, a)
	}
	return all
}
