package node

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/node/cuse"
)

// State is all that a Set knows, for another process: plain data.
type State struct {
	Nodes   []Handed
	Devices []HandedDevice
}

// Files returns the descriptors that have to stay open.
func (s *State) Files() (all []int) {
	for i := range s.Nodes {
		all = append(all, s.Nodes[i].Kernel)
	}
	return all
}

// Handed is a node.
type Handed struct {
	Spec   Spec
	Kernel int // the descriptor of its /dev/cuse
	Conn   cuse.Handed
	Files  []HandedFile
}

// HandedFile is what a program has open.
type HandedFile struct {
	FH      uint64
	Holder  pcm.Holder
	Mode    audio.Direction
	Streams []HandedStream

	Base, Told, Xruns uint64 // of a loop
	Off               bool
	Song, Label       string

	Watched, Changed bool // of a control node
}

// HandedStream is an open end.
type HandedStream struct {
	End      int             // its ID in the state of the patchbay; 0: it is closed, and all is played
	Side     audio.Direction // of a device; 0: it is of a loop
	Role     pcm.Role
	Asked    audio.Direction
	Nonblock bool
	In, Out  []byte
	Closed   bool
	Left     uint32 // samples of the side when all is played
}

// HandedDevice is a device with the calls of audio(7I).
type HandedDevice struct {
	Name  string
	Sides [2]HandedSide // by audio.Direction.Index
}

// HandedSide is one of its sides.
type HandedSide struct {
	Format  audio.Format
	Samples uint32
	Raised  bool
}

// kind is that of the hosts of this package in a handover.
const kind = "node"

// HandOver implements loop.Heir.
func (h *host) HandOver(r *ring.Ring) loop.HostState {
	return loop.HostState{Kind: kind, Bell: -1, Memory: -1, Contents: r.Contents()}
}

// HandOver describes all nodes while they and the patchbay stand still. ErrBusy: the loop of one is just being removed.
// ErrUnsupported: the kernel's end of one cannot be handed over.
func (f *Frozen) HandOver(bay *loop.Frozen) (*State, error) {
	s := &State{}
	for _, n := range f.nodes {
		k, ok := n.conn.Kernel().(interface{ Descriptor() int })
		if !ok {
			return nil, audio.ErrUnsupported.With("the node %s cannot be handed over", n.Path)
		}
		h := Handed{Spec: n.Spec, Kernel: k.Descriptor(), Conn: n.conn.HandOver()}
		for _, file := range h.Conn.Files {
			v, err := describe(n.conn.File(file.FH), bay)
			if err != nil {
				return nil, err
			}
			v.FH = file.FH
			h.Files = append(h.Files, v)
		}
		s.Nodes = append(s.Nodes, h)
	}
	for name, d := range f.set.suns {
		v := HandedDevice{Name: name}
		d.mu.Lock()
		for i, side := range d.sides {
			v.Sides[i] = HandedSide{side.format, side.samples, side.raised}
		}
		d.mu.Unlock()
		s.Devices = append(s.Devices, v)
	}
	return s, nil
}

// describe returns what an open file knows.
func describe(file cuse.File, bay *loop.Frozen) (v HandedFile, err error) {
	switch f := file.(type) {
	case *dspFile:
		v = HandedFile{Holder: f.holder, Mode: f.mode, Base: f.base, Told: f.told, Xruns: f.xruns, Off: f.off, Song: f.song, Label: f.label}
		s, err := f.stream.describeLocked(bay)
		v.Streams = []HandedStream{s}
		return v, err
	case *sunFile:
		v = HandedFile{Holder: f.holder, Mode: f.mode}
		for _, dir := range audio.Directions() {
			s := f.sides[dir.Index()]
			if s == nil || f.gone&dir != 0 {
				continue
			}
			h, err := s.describeLocked(bay)
			if err != nil {
				return v, err
			}
			h.Side = dir
			if left := f.left[dir.Index()]; left != nil {
				h.Left = *left
			}
			v.Streams = append(v.Streams, h)
		}
	case *sunControlFile:
		f.mu.Lock()
		defer f.mu.Unlock()
		v = HandedFile{Holder: f.holder, Watched: f.watched != nil, Changed: f.changed}
	case *mixerFile:
		v = HandedFile{Holder: f.holder}
	}
	return v, nil
}

func (s *stream) describeLocked(bay *loop.Frozen) (HandedStream, error) {
	h := HandedStream{
		End: bay.ID(s.host), Role: s.pcm.Role(), Asked: s.asked, Nonblock: s.nonblock.Load(), In: s.in.bytes, Out: s.out.bytes, Closed: s.closed,
	}
	if h.End == 0 && !s.closed {
		return h, audio.ErrBusy.With("%s goes just now", s.pcm.Name())
	}
	return h, nil
}
