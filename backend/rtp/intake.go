package rtp

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/servo"
)

// intake makes recorded frames, and a clock, of packets. Frames have numbers on the scale of the stream's positions: a packet that
// ends at q leaves its sender when the position is q, less the time on the way.
type intake struct {
	from   *session.Stream
	format audio.Format   // of the blocks
	coded  audio.Encoding // of the packets
	coding int            // bytes of a frame in packets
	frame  int            // and in blocks
	period int
	adapts bool
	own    uint32 // SSRC of what the stream sends, which a group gives back; 0: it sends nothing
	margin int64  // the wanted latency in frames
	counts *counts

	ring   *ring
	splice *audio.Splice
	clock  *servo.Clock
	crypt  *cryptor // nil: packets are not encrypted
	tries  int      // for packets of an unknown sender
	reception
	best observation // of those that came since the last observe
	rate int         // frames in a second that a sender sends, if that is wrong; 0: it is right
	absolute
}

// observation is a pair for the clock.
type observation struct {
	end, at int64
	late    float64 // ns behind the line
	any     bool
}

// reception is what an intake knows: plain data.
type reception struct {
	Known     bool      `json:"known,omitempty"` // there is a sender
	SSRC      uint32    `json:"ssrc"`
	Synced    bool      `json:"synced,omitempty"` // timestamps have numbers
	Newest    int64     `json:"newest"`           // number of the frame behind the newest packet
	Stamp     uint32    `json:"stamp"`            // and its timestamp
	End       int64     `json:"end"`              // the frame behind the last packet in order
	Last      uint16    `json:"last"`             // and its sequence number
	Packet    int       `json:"packet"`           // frames of the longest packet
	Mixed     bool      `json:"mixed,omitempty"`  // packets have other lengths, too
	Head      int64     `json:"head"`             // number of the next frame to be read
	Depth     int64     `json:"depth"`            // by how much Head is behind the position
	First     int64     `json:"first"`            // number of the first frame that is ever read: what is before it is not late; Never: the stream is stopped
	Begun     bool      `json:"begun,omitempty"`  // sound has come since Start
	Missing   bool      `json:"missing,omitempty"`
	Heard     int64     `json:"heard"` // when the last packet came
	Taken     int64     `json:"taken"` // when datagrams were last taken
	Transit   int64     `json:"transit"`
	Jitter    float64   `json:"jitter"` // ns
	Sequence  sequence  `json:"sequence"`
	Candidate candidate `json:"candidate"`
	Locked    bool      `json:"locked,omitempty"` // the clock of the sender is known
	Near      near      `json:"near,omitzero"`
	Pulse     pulse     `json:"pulse,omitzero"`
	adaptation
	Secrets [2]secret `json:"secrets,omitzero"` // of the sender, and of who may become it
}

// newIntake returns one that knows no sender.
func newIntake(wish backend.Config, o Options, c *counts, crypt *cryptor) *intake {
	f, from := wish.Format, o.Receive
	in := &intake{
		from: from, format: f, crypt: crypt, coded: from.Payload.Encoding(), frame: f.FrameBytes(), period: wish.Period,
		margin: f.Frames(o.Latency), counts: c, clock: servo.NewClock(float64(f.Rate)),
		splice: audio.NewSplice(f, audio.RampFrames(f.Rate, wish.Period)),
	}
	in.adapts, in.Slack = o.Adaptive, most
	in.ptp, in.First = o.PTP, Never
	in.coding = from.Channels * in.coded.Bytes()
	in.Packet = from.Packet
	if in.Packet == 0 {
		in.Packet = max(1, f.Rate/1000)
	}
	in.Depth = in.depthFor(in.Packet)
	room := in.margin
	if o.Adaptive {
		room = f.Frames(session.MaxLatency)
	}
	in.ring = newRing(int(room)+wish.Period*(wish.Periods+1)+2*session.LongestPacket(f.Rate)+f.Rate/4, in.coding)
	in.Taken = o.Net.Now()
	in.Head = -in.Depth
	return in
}

// wait returns after how many frames from the end of a packet its first one is read.
func (in *intake) wait() int64 { return max(0, in.Depth+int64(in.period-in.Packet)) }

// depthFor returns how far the reader has to be behind the position so that packets may be late by the margin. If ticks are
// at the ends of packets, no more is needed.
func (in *intake) depthFor(packet int) int64 { return in.margin + int64(packet) - in.step() }

// step is the largest number of frames of which packets and periods are multiples.
func (in *intake) step() int64 {
	if in.Mixed || in.ptp {
		return 1
	}
	return int64(gcd(in.Packet, in.period))
}

// mix takes note of packets that are not all as long as the first one.
func (in *intake) mix(frames int) {
	if in.Mixed && frames <= in.Packet {
		return
	}
	in.Mixed, in.Packet = true, max(in.Packet, frames)
	in.deepen(in.depthFor(in.Packet) + in.Extra)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// budget returns how many datagrams may be taken now: twice as many as the time since the last call brings, and some.
func (in *intake) budget(now int64) int {
	const some, most = 2 * batchSize, 1 << 14
	due := float64(now-in.Taken) * 1e-9 * float64(in.format.Rate) / float64(in.Packet) * float64(2*len(in.from.Paths))
	in.Taken = now
	return some + int(min(most, due))
}

// take takes a datagram.
func (in *intake) take(d *Datagram, p *pace) {
	var h header
	c := in.counts
	frames := in.frames(d, &h)
	if frames == 0 || !in.belongs(&h, d) {
		c.refused.Add(1)
		return
	}
	in.Heard = max(in.Heard, d.At)
	if !in.Sequence.Begun {
		in.Sequence.begin(h.seq)
	}
	verdict := in.Sequence.take(h.seq, d.Path, c, len(in.from.Paths))
	if verdict == duplicate {
		c.duplicates.Add(1)
		return
	}
	c.paths[d.Path].packets.Add(1)
	other := len(in.from.Paths) > 1 && in.Sequence.twice(h.seq)
	if !other {
		c.packets.Add(1)
	}
	if !in.Synced {
		in.sync(&h, frames, d.At, p)
	}
	in.arrive(&h, frames, d.At, p, verdict, other)
}

// arrive finds the place of a packet, and puts it there. other: it has come on the other path, too.
func (in *intake) arrive(h *header, frames int, at int64, p *pace, verdict verdict, other bool) {
	c := in.counts
	if frames != in.Packet {
		in.mix(frames)
	}
	q := in.Newest + int64(int32(h.stamp-in.Stamp))
	switch in.judge(h, q, frames, at, p) {
	case unclear:
		c.late.Add(1)
		return
	case jumped:
		if in.ptp {
			in.foreign = q + int64(frames) - p.position(at)
			return
		}
		c.restarts.Add(1)
		in.sync(h, frames, at, p)
		q = in.Newest - int64(frames)
	}
	if other && in.ring.has(q) || other && q < in.Head {
		in.note(q+int64(frames), at, p)
		return // the other path was faster
	}
	if verdict == reordered && q >= in.Head {
		c.reordered.Add(1)
	}
	if verdict == fresh {
		if sent := in.Pulse.beat(h.stamp, at, in.format.Rate); sent > 0 {
			in.rate = sent
		}
		in.jitter(h.stamp, at)
	}
	if in.adapts {
		in.adapt(q, at, p)
	}
	end := q + int64(frames)
	if end > in.Newest {
		in.Newest, in.Stamp = end, h.stamp+uint32(frames)
	}
	in.note(end, at, p)
	in.put(in.joined(q, frames, h.seq), frames, h)
}

// frames reads a datagram and returns how many frames it has, or 0 if it is no packet of the stream.
func (in *intake) frames(d *Datagram, h *header) int {
	from := in.from.Paths[d.Path].From
	if from.IsValid() && from.Unmap() != d.From.Addr().Unmap() || !h.parse(d.Data) || h.kind != in.from.Type || h.ssrc == in.own && in.own != 0 {
		return 0
	}
	if in.crypt != nil && !in.secretOf(h.ssrc).open(in.crypt, d.Data, h, in.tries) {
		return 0
	}
	n := len(h.payload) / in.coding
	if n*in.coding != len(h.payload) || n > session.LongestPacket(in.format.Rate) {
		return 0
	}
	return n
}

// secretOf returns what is known of the indices of a sender, or of somebody else.
func (in *intake) secretOf(ssrc uint32) *secret {
	if in.Known && ssrc == in.SSRC {
		return &in.Secrets[0]
	}
	return &in.Secrets[1]
}

// sync ties timestamps to numbers: the packet ends now, which begins a new line of the clock. Ticks shall be at ends of packets.
func (in *intake) sync(h *header, frames int, at int64, p *pace) {
	if !in.Mixed {
		in.Packet = frames
	}
	in.deepen(in.depthFor(in.Packet) + in.Extra)
	end, step := p.position(at), in.step()
	if in.ptp {
		end = in.sampled(h.stamp, at, p) + int64(frames)
	} else {
		end -= ((end+in.Depth)%step + step) % step
	}
	in.Newest, in.Stamp = end, h.stamp+uint32(frames)
	in.Synced = true
	in.ring.clear(end-int64(frames), in.Head+in.ring.size()-end+int64(frames))
	in.Near = near{}
	if in.ptp {
		in.Locked = true
		return
	}
	in.clock.Reset()
	in.clock.Observe(end, at)
	in.best.any = false
	in.follow(p)
}

// deepen sets how far the reader is behind the position. It reads what is missing, or skips what it has not read.
func (in *intake) deepen(depth int64) {
	by := depth - in.Depth
	in.Depth = depth
	in.counts.target.Store(int64(in.format.Duration(in.wait())))
	if by < 0 {
		in.skip(uint64(-by))
	} else {
		in.Head -= by
	}
}

// rounding is by how many frames timestamps may be off: some programs compute them from times in microseconds (VLC).
const rounding = 2

// joined returns where a packet is to be put that has number q: right behind the packet before, if it follows that and its timestamp is
// off by no more than rounding.
func (in *intake) joined(q int64, frames int, seq uint16) int64 {
	if off := q - in.End; seq == in.Last+1 && off >= -rounding && off <= rounding {
		q = in.End
	}
	if int16(seq-in.Last) > 0 || in.End == 0 {
		in.End, in.Last = q+int64(frames), seq
	}
	return q
}

// put places a packet, or what of it is not too late.
func (in *intake) put(q int64, frames int, h *header) {
	end := q + int64(frames)
	if q < in.Head {
		if q >= in.First {
			in.counts.late.Add(1)
		}
		gone := min(in.Head-q, int64(frames))
		h.payload = h.payload[int(gone)*in.coding:]
		q += gone
	}
	if q < end && end <= in.Head+in.ring.size() {
		in.ring.place(q, h.payload)
	}
}

// note keeps the least late of the pairs since the last observe.
func (in *intake) note(end, at int64, p *pace) {
	in.Near.note(pair{end, at}, p)
	late := p.late(pair{end, at})
	if !in.best.any || late < in.best.late {
		in.best = observation{end, at, late, true}
	}
}

// observe gives the clock what has come, and the pace of the stream what the clock makes of it.
func (in *intake) observe(p *pace) {
	paths := len(in.from.Paths)
	newest := min(span/2, uint64((in.Depth+int64(in.format.Rate)/4)/int64(in.Packet))+2)
	in.Sequence.settle(newest, in.counts, paths)
	if !in.best.any {
		return
	}
	in.best.any = false
	if !in.ptp {
		in.clock.Observe(in.best.end, in.best.at)
		in.follow(p)
	}
	in.counts.latency.Store(p.timeOf(in.best.end+in.wait()) - in.best.at)
	in.counts.highest.Store(uint32(in.Sequence.Most))
	in.counts.jitter.Store(int64(in.Jitter))
}

func (in *intake) follow(p *pace) {
	s := in.clock.State()
	in.Locked = s.Locked
	p.follow(&s.Line)
}

// jitter is that of RFC 3550, appendix A.8, in ns.
func (in *intake) jitter(stamp uint32, at int64) {
	transit := at - int64(float64(stamp)*(1e9/float64(in.format.Rate)))
	d := math.Abs(float64(transit - in.Transit))
	in.Transit = transit
	if d < 1e9 { // not the first packet, nor a wrap of the timestamp
		in.Jitter += (d - in.Jitter) / 16
	}
}
