package node

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/cuse"
)

// Resumption makes a Set go on with the nodes of the process before: Host while the patchbay is resumed, then Add, and Run once
// the engines run.
type Resumption struct {
	set   *Set
	state *State
	hosts map[int]*host // by the ID of their end
	conns []*cuse.Conn
}

// Resume returns the resumption of a Set that has no nodes yet. Nobody may use the Set before Run.
func (s *Set) Resume(state *State) *Resumption {
	return &Resumption{set: s, state: state, hosts: map[int]*host{}}
}

// Host implements loop.FindHost for the ends of nodes; nil: it is of somebody else.
func (r *Resumption) Host(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
	if e.Host.Kind != kind {
		return nil, nil, nil
	}
	mem, err := e.Memory(bytes)
	if err != nil {
		return nil, nil, err
	}
	h := newHost()
	h.gone = func() {}
	r.hosts[e.ID] = h
	return h, mem, nil
}

// Add makes the nodes, with the ends by ID. They do not begin before Run. ErrInvalid: the state does not fit. After an error the
// process before may go on with the same descriptors.
func (r *Resumption) Add(ends map[int]*loop.End) error {
	for _, v := range r.state.Devices {
		d := newSunDevice(r.set.bay, v.Name)
		for i, side := range v.Sides {
			d.sides[i] = sunSide{format: side.Format, samples: side.Samples, raised: side.Raised}
		}
		r.set.suns[v.Name] = d
	}
	for i := range r.state.Nodes {
		if err := r.node(&r.state.Nodes[i], ends); err != nil {
			return err
		}
	}
	return nil
}

// node makes one.
func (r *Resumption) node(v *Handed, ends map[int]*loop.End) error {
	device := r.set.device(v.Spec)
	files := map[uint64]cuse.File{}
	for i := range v.Files {
		f, err := r.file(device, &v.Files[i], ends)
		if err != nil {
			return err
		}
		files[v.Files[i].FH] = f
	}
	kernel, err := r.set.options.Adopt(v.Kernel)
	if err != nil {
		return err
	}
	n := &Node{Spec: v.Spec}
	n.conn = cuse.Adopt(kernel, device, &v.Conn, func(fh uint64) cuse.File { return files[fh] })
	r.set.nodes[n.Path] = n
	r.conns = append(r.conns, n.conn)
	return nil
}

// file makes what a program has open.
func (r *Resumption) file(device cuse.Device, v *HandedFile, ends map[int]*loop.End) (cuse.File, error) {
	switch d := device.(type) {
	case *dsp:
		f := &dspFile{dsp: d, mode: v.Mode, holder: v.Holder, base: v.Base, told: v.Told, xruns: v.Xruns, off: v.Off, song: v.Song, label: v.Label}
		if len(v.Streams) != 1 {
			return nil, audio.ErrInvalid.With("the state has a file of %s with %d ends", d.loop, len(v.Streams))
		}
		var err error
		f.stream, err = r.stream(d.loop, v, &v.Streams[0], ends)
		return f, err
	case *sunDevice:
		return r.sunFile(d, v, ends)
	case *sunControl:
		return d.resume(v), nil
	case *mixerNode:
		return d.file(v.Holder), nil
	}
	return nil, audio.ErrInvalid.With("the state has a file of no node")
}

// sunFile makes an open /dev/audio, which has its sides.
func (r *Resumption) sunFile(d *sunDevice, v *HandedFile, ends map[int]*loop.End) (cuse.File, error) {
	f := &sunFile{device: d, holder: v.Holder, mode: v.Mode}
	for i := range v.Streams {
		h := &v.Streams[i]
		at := h.Side.Index()
		if h.Closed && h.End == 0 { // all was played
			d.sides[at].samples = h.Left
			continue
		}
		s, err := r.stream(d.name+"/"+h.Side.String(), v, h, ends)
		if err != nil {
			return nil, err
		}
		f.sides[at] = s
		d.sides[at].file, d.sides[at].taken = f, true
		if h.Closed {
			f.left[at] = &h.Left
		}
	}
	return f, nil
}

// stream makes an open end.
func (r *Resumption) stream(name string, v *HandedFile, h *HandedStream, ends map[int]*loop.End) (*stream, error) {
	s := &stream{asked: h.Asked, in: rest{h.In}, out: rest{h.Out}, closed: h.Closed}
	s.nonblock.Store(h.Nonblock)
	s.host, s.end = r.hosts[h.End], ends[h.End]
	if s.end == nil || s.host == nil {
		if !h.Closed {
			return nil, audio.ErrInvalid.With("the state has a node at an end of %s that there is not", name)
		}
		s.host, s.end = newHost(), nil
		return s, nil
	}
	s.pcm = pcm.New(name, pcm.Options{Role: h.Role, Direction: h.Asked, Holder: v.Holder}, s.end.Grant(), s.end, s.host)
	s.host.gone = s.end.Abandon
	if !s.closed {
		go s.follow()
	}
	return s, nil
}

// Run lets the nodes begin.
func (r *Resumption) Run() {
	for _, c := range r.conns {
		c.Run()
	}
}
