package rtp

// near are the least late packets of the last moments. Until the line that says when a tick is due has found its slope, the time of the
// tick comes from them: who follows the stream makes a line of the ticks, and a line of a line that is still changing takes a
// minute to settle. Then the line is the better one, and the packets count less and less. It is plain data.
type near struct {
	Pairs [2]pair `json:"pairs,omitzero"` // of this moment, and of the one before
	Began int64   `json:"began,omitempty"`
	Known float64 `json:"known,omitempty"` // how much the line counts, 0 to 1
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
	return at + int64(off*(1-n.Known))
}

// trust lets the line count more or less from tick to tick.
func (n *near) trust(locked bool, passed float64) {
	if locked {
		n.Known = min(1, n.Known+passed/slow)
	} else {
		n.Known = max(0, n.Known-passed)
	}
}

// slow is how many seconds it takes from the packets to the line: what they differ by must not look like another rate.
const slow = 20

// renumber makes number zero number 0.
func (n *near) renumber(zero int64) {
	for i := range n.Pairs {
		n.Pairs[i].End -= zero
	}
}
