package rtp

import (
	"math/rand/v2"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// packer makes packets of played frames.
type packer struct {
	to     *session.Stream
	format audio.Format   // of the blocks
	coded  audio.Encoding // of the packets
	coding int            // bytes of a frame in packets
	splice *audio.Splice
	crypt  *cryptor // nil: packets are not encrypted
	quiet  []byte   // a packet of silence, as frames of a block

	packets [][]byte
	full    int // how many of them are to be sent
	fill    int // frames in the one behind those
	delivery
}

// delivery is what a packer knows: plain data.
type delivery struct {
	SSRC  uint32 `json:"ssrc"`
	Seq   uint16 `json:"seq"`            // of the next packet
	Roll  uint32 `json:"roll,omitempty"` // how often Seq has wrapped
	Stamp uint32 `json:"stamp"`          // of position 0
	Next  uint64 `json:"next"`           // position of the next frame
	First uint64 `json:"first"`          // position of the first frame of the packet that is being filled
	Break bool   `json:"break,omitempty"`
	Tried int64  `json:"tried,omitempty"` // since when the network has taken nothing; 0: it takes what is sent
}

// newPacker returns one with SSRC, first sequence number and first timestamp of a generator.
func newPacker(wish backend.Config, to *session.Stream, r *rand.Rand, crypt *cryptor) *packer {
	p := &packer{
		to: to, crypt: crypt, format: wish.Format, coded: to.Payload.Encoding(),
		splice: audio.NewSplice(wish.Format, audio.RampFrames(wish.Format.Rate, wish.Period)),
	}
	p.SSRC, p.Seq, p.Stamp = r.Uint32(), uint16(r.Uint32()), r.Uint32()
	p.coding = to.Channels * p.coded.Bytes()
	n := min(batchSize, wish.Period*wish.Periods/to.Packet+1)
	size := headerBytes + to.Packet*p.coding
	if crypt != nil {
		size += tagBytes
	}
	all := make([]byte, n*size)
	for i := range n {
		p.packets = append(p.packets, all[i*size:(i+1)*size:(i+1)*size])
	}
	p.quiet = make([]byte, to.Packet*wish.Format.FrameBytes())
	return p
}

// start begins at position 0, which was number now before. Timestamps go on with the time.
func (p *packer) start(now int64) {
	p.Stamp += uint32(max(now, int64(p.Next)))
	p.Next, p.First, p.fill, p.full, p.Tried = 0, 0, 0, 0, 0
	p.Break = true
	p.splice.Reset()
}

// write packs frames from a position on, and sends the packets that are full. What is missing since the last call is silence in
// packets that are begun, and packets that are left out.
func (p *packer) write(block []byte, position uint64, n Net, c *counts) {
	if position > p.Next {
		p.skip(position-p.Next, n, c)
	}
	p.splice.Pass(block)
	p.pack(block, n, c)
	if p.full > 0 {
		c.clock.store(p.Stamp+uint32(p.First), n.Now())
	}
	p.flush(n, c)
}

// skip fills up the packet that is begun, and begins another at the end of the gap.
func (p *packer) skip(gap uint64, n Net, c *counts) {
	packet := uint64(p.to.Packet)
	frame := p.format.FrameBytes()
	p.splice.Gap()
	if p.fill > 0 {
		rest := min(gap, packet-uint64(p.fill))
		p.silence(int(rest)*frame, n, c)
		gap -= rest
	}
	if whole := gap / packet * packet; whole > 0 {
		p.Next += whole
		p.First = p.Next
		gap -= whole
		p.Break = true
	}
	p.silence(int(gap)*frame, n, c)
	p.splice.Gap()
}

func (p *packer) silence(bytes int, n Net, c *counts) {
	quiet := p.quiet[:bytes]
	p.format.Encoding.Silence(quiet)
	p.splice.Pass(quiet)
	p.pack(quiet, n, c)
}

// pack encodes frames into packets.
func (p *packer) pack(block []byte, n Net, c *counts) {
	frame := p.format.FrameBytes()
	for len(block) > 0 {
		packet := p.packets[p.full]
		at := packet[headerBytes+p.fill*p.coding:]
		frames := min(len(block)/frame, p.to.Packet-p.fill)
		part := block[:frames*frame]
		block = block[len(part):]
		if p.coded == p.format.Encoding {
			copy(at, part)
		} else {
			audio.Reencode(p.coded, p.format.Encoding, at, part)
		}
		p.Next += uint64(frames)
		if p.fill += frames; p.fill == p.to.Packet {
			p.seal(packet)
			if p.full == len(p.packets) {
				p.flush(n, c)
			}
		}
	}
}

// seal completes a packet. The marker says where sound begins after a pause, with the payloads that telephones use (RFC 3551
// part 4.1); those of studios never pause.
func (p *packer) seal(packet []byte) {
	h := header{
		marker: p.Break && (p.to.Payload == session.PCMU || p.to.Payload == session.PCMA),
		kind:   p.to.Type, seq: p.Seq, stamp: p.Stamp + uint32(p.First), ssrc: p.SSRC,
	}
	h.put(packet)
	if c := p.crypt; c != nil {
		index, end := uint64(p.Roll)<<16|uint64(p.Seq), len(packet)-tagBytes
		c.crypt(packet[headerBytes:end], p.SSRC, index)
		copy(packet[end:], c.tag(packet[:end], index))
	}
	if p.Seq++; p.Seq == 0 {
		p.Roll++
	}
	p.First, p.fill, p.Break = p.Next, 0, false
	p.full++
}

// flush sends the packets that are full, on each path.
func (p *packer) flush(n Net, c *counts) {
	if p.full == 0 {
		return
	}
	all, taken := p.packets[:p.full], false
	for path := range p.to.Paths {
		sent := n.Send(path, all)
		if path == 0 {
			c.sent.Add(uint64(sent))
			c.octets.Add(uint64(sent * p.to.Packet * p.coding))
		}
		c.failed.Add(uint64(len(all) - sent))
		taken = taken || sent > 0
	}
	if taken {
		p.Tried = 0
	} else if p.Tried == 0 {
		p.Tried = n.Now()
	}
	if p.fill > 0 {
		copy(p.packets[0][headerBytes:], p.packets[p.full][headerBytes:][:p.fill*p.coding])
	}
	p.full = 0
}
