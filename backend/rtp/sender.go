package rtp

import "net/netip"

// candidate is somebody who may be the sender: one with another SSRC, or the same one with other timestamps. It becomes the
// sender after a few packets in a row, while nothing fits that comes from the one before. It is plain data.
type candidate struct {
	SSRC  uint32 `json:"ssrc"`
	Seq   uint16 `json:"seq"`
	Stamp uint32 `json:"stamp"`
	Count int    `json:"count"`
	From  uint32 `json:"from"`  // timestamp of the first packet
	Since int64  `json:"since"` // and when it came
}

const (
	probation = 2 // packets of a first sender, RFC 3550 appendix A.1
	succeed   = 3 // of one that takes the place of another
	// For jumps of timestamps: how long they have to agree with the time, by how much, in ns.
	settled, agree = int64(20e6), int64(10e6)
	// Of a sender that sends a few packets at a time, or has sent many at once before, it is known after patient times as long
	// if they agree by roughly.
	patient, roughly = 25, int64(100e6)
	// Packets that are late, but not by a jump, for so long are on a longer way now.
	longer = int64(100e6)
)

// next takes another packet, and returns how many there were in a row.
func (c *candidate) next(h *header, at int64) int {
	switch step := int16(h.seq - c.Seq); {
	case c.Count > 0 && h.ssrc == c.SSRC && step > 0 && step < 8:
		c.Count++
	case c.Count > 0 && h.ssrc == c.SSRC && step > -8 && step <= 0: // from the other path, or out of order
		return c.Count
	default:
		c.SSRC, c.Count, c.From, c.Since = h.ssrc, 1, h.stamp, at
	}
	c.Seq, c.Stamp = h.seq, h.stamp
	return c.Count
}

// agrees reports for how long its timestamps have run as the time, in ns, or for less where they only do so by and large; less than
// 0: they do not.
func (c *candidate) agrees(at int64, rate int) int64 {
	elapsed := at - c.Since
	off := int64(float64(int32(c.Stamp-c.From))*(1e9/float64(rate))) - elapsed
	switch off = max(off, -off); {
	case off > roughly:
		c.Count = 0
		return -1
	case off > agree:
		return elapsed / patient
	}
	return elapsed
}

// belongs reports whether a packet is of the sender, which it may become by that.
func (in *intake) belongs(h *header, d *Datagram) bool {
	c := &in.Candidate
	if in.Known && h.ssrc == in.SSRC && in.Sequence.near(h.seq) {
		if c.SSRC != h.ssrc {
			c.Count = 0
		}
		return true
	}
	needed := succeed
	if !in.Known {
		needed = probation
	}
	if c.next(h, d.At) < needed {
		return false
	}
	if in.Known {
		in.counts.restarts.Add(1)
	}
	from := netip.AddrPortFrom(d.From.Addr(), d.From.Port())
	in.counts.sender.Store(&from)
	in.counts.ssrc.Store(h.ssrc)
	in.Secrets[0], in.Secrets[1] = *in.secretOf(h.ssrc), secret{}
	in.Known, in.SSRC, in.Synced = true, h.ssrc, false
	in.Sequence.begin(h.seq)
	c.Count = 0
	return true
}

// timing is what the timestamp of a packet says.
type timing uint8

const (
	fitting timing = iota
	unclear        // it is far from now: nobody knows yet why
	jumped         // the timestamps of the sender have jumped, or the way has become longer by more than is bridged
)

// judge says what it means that a packet has number q.
func (in *intake) judge(h *header, q int64, frames int, at int64, p *pace) timing {
	ahead := q + int64(frames) - p.position(at)
	rate := int64(in.format.Rate)
	late := q < in.Head
	far := ahead > rate/4 || late && ahead < -rate/4
	if !far && (!late || in.ptp) { // with the time of PTP, what is late stays so
		in.Candidate.Count = 0
		in.fits = true
		return fitting
	}
	limit, doubt := longer, fitting
	if far {
		limit, doubt = settled, unclear
	}
	if in.Candidate.next(h, at) < succeed || in.Candidate.agrees(at, in.format.Rate) < limit {
		return doubt
	}
	in.Candidate.Count = 0
	return jumped
}
