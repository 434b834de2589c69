package rtp

// near are the least late packets of the last moments. The time of a tick comes from them and not from the line that says when it is
// due: who follows the stream makes a line of the ticks, and a line of a line that is still finding its slope takes a minute to
// settle. It is plain data.
type near struct {
	Pairs [2]pair `json:"pairs,omitzero"` // of this moment, and of the one before
	Began int64   `json:"began,omitempty"`
}

// early is by how much, in ns, a tick may come before its time at most.
const early = int64(1e6)

// pair is a packet that ends at a frame and came at a time in ns.
type pair struct {
	End int64 `json:"end"`
	At  int64 `json:"at"`
}

// moment is how long a moment is, in ns: long enough for a packet that was hardly late, too short for a wrong slope to matter.
const moment = int64(16e6)

// late returns by how many ns a pair is later than the pace has it.
func (p *pace) late(x pair) float64 {
	return float64(x.At-p.At) - p.Phase - float64(x.End-p.Frame)*(1e9/float64(p.Rate))*(1+p.Slope)
}

// note takes a packet.
func (n *near) note(x pair, p *pace) {
	if x.At-n.Began > moment {
		n.Pairs[1], n.Pairs[0], n.Began = n.Pairs[0], pair{}, x.At
	}
	if n.Pairs[0].At == 0 || p.late(x) < p.late(n.Pairs[0]) {
		n.Pairs[0] = x
	}
}

// timeOf returns when a position is reached, as the pace has it but for what the packets say.
func (n *near) timeOf(position int64, p *pace) int64 {
	at, off := p.timeOf(position), 0.0
	for i, x := range n.Pairs {
		if x.At == 0 {
			continue
		}
		if late := p.late(x); i == 0 || n.Pairs[0].At == 0 || late < off {
			off = late
		}
	}
	return at + int64(off)
}

// renumber makes number zero number 0.
func (n *near) renumber(zero int64) {
	for i := range n.Pairs {
		n.Pairs[i].End -= zero
	}
}
