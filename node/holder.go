package node

import (
	"cmp"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Holder is a program that has a node open: the one that opened it, whoever has the descriptor now.
type Holder struct {
	pcm.Holder
	Direction audio.Direction // as it was opened; 0: a control or mixer node
}

// Holders returns who has the node open, by pid. Any goroutine may call it.
func (n *Node) Holders() (all []Holder) {
	if n.conn == nil {
		return nil
	}
	for _, f := range n.conn.Files() {
		if f, ok := f.(interface{ held() Holder }); ok {
			all = append(all, f.held())
		}
	}
	slices.SortFunc(all, func(a, b Holder) int { return cmp.Compare(a.PID, b.PID) })
	return all
}

func (f *dspFile) held() Holder        { return Holder{f.holder, f.mode} }
func (f *sunFile) held() Holder        { return Holder{f.holder, f.mode} }
func (f *mixerFile) held() Holder      { return Holder{Holder: f.holder} }
func (f *sunControlFile) held() Holder { return Holder{Holder: f.holder} }
