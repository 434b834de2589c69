package node

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Frozen is all nodes, which stand still for a handover: requests wait in the kernel, and calls have no answer.
type Frozen struct {
	set   *Set
	nodes []*Node // that are there
	undo  []func()
}

// patience is how long calls that do not sleep have to end before a handover.
const patience = 50 * time.Millisecond

// Freeze lets all nodes stand still until Thaw. Call it before Patchbay.Freeze: calls may wait for the engine. ErrBusy: one does
// not end. ErrUnsupported: the kernel's end of a node cannot be handed over. It blocks for about a second at most.
func (s *Set) Freeze() (f *Frozen, err error) {
	s.mu.Lock()
	f = &Frozen{set: s, undo: []func(){s.mu.Unlock}}
	defer func() {
		if err != nil {
			f.Thaw()
		}
	}()
	for _, n := range s.nodes {
		if n.conn == nil {
			continue
		}
		if err := n.conn.Hold(); err != nil {
			return f, audio.ErrUnsupported.With("the node %s cannot be handed over: %v", n.Path, err)
		}
		f.undo = append(f.undo, n.conn.Resume)
		if !n.ended() {
			f.nodes = append(f.nodes, n)
		}
	}
	slices.SortFunc(f.nodes, func(a, b *Node) int { return strings.Compare(a.Path, b.Path) })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, n := range f.nodes {
		if err := n.conn.Shelve(ctx); err != nil {
			return f, audio.ErrBusy.With("a call of a program at the node %s does not end", n.Path)
		}
	}
	for _, n := range f.nodes {
		for _, file := range n.conn.Files() {
			f.hold(file)
		}
	}
	return f, nil
}

// hold keeps the followers of an open file from moving anything.
func (f *Frozen) hold(file any) {
	if file, ok := file.(interface{ streams() []*stream }); ok {
		for _, s := range file.streams() {
			s.mu.Lock()
			f.undo = append(f.undo, s.mu.Unlock)
		}
	}
}

// Thaw lets all nodes go on. Nobody has noticed anything.
func (f *Frozen) Thaw() {
	for _, undo := range slices.Backward(f.undo) {
		undo()
	}
}
