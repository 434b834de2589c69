package rtp

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/servo"
)

// stale reports whether too much time has passed since the last packet for its clock to go on.
func (in *intake) stale(now int64) bool { return now-in.Heard > int64(100e6) }

// start begins at number 0, now; with the time of PTP so many samples have passed since number 0 was another one. A clock that was heard
// until now goes on.
func (in *intake) start(now, passed int64, p *pace) {
	switch fresh := in.Synced && !in.stale(now); {
	case fresh && in.ptp:
		in.renumber(passed)
	case fresh:
		zero := p.position(now)
		if off := (in.Newest - zero + in.Depth) % in.step(); off != 0 {
			zero += off
		}
		in.renumber(zero)
		in.renumberClock(zero, p)
	default:
		in.ring.clear(0, in.ring.size())
		if s := &in.Secrets[0]; s.Found { // its sequence numbers may have wrapped since
			s.Index += audio.MulDiv(uint64(max(0, now-in.Heard)), uint64(in.format.Rate), uint64(in.Packet)*1e9)
		}
		in.Synced, in.Sequence.Begun, in.Heard = false, false, now
		in.Near = near{}
		if !in.ptp {
			p.Frame, p.At, p.Phase = 0, now, 0
		}
	}
	in.Head, in.Begun, in.Missing = -in.Depth, false, true
	in.First = in.Head
	in.splice.Reset()
	in.counts.target.Store(int64(in.format.Duration(in.wait())))
}

// renumber makes number zero number 0. What has come and is still to be read, is kept.
func (in *intake) renumber(zero int64) {
	in.Newest -= zero
	in.End -= zero
	in.ring.renumber(zero, -in.Depth, max(-in.Depth, in.Newest))
}

// renumberClock does so for the clock of the sender.
func (in *intake) renumberClock(zero int64, p *pace) {
	s := in.clock.State()
	s.Line.Frames -= zero
	s.LastPos -= zero
	s.Block.First -= zero
	s.Block.LowestAt -= zero
	in.clock = servo.RestoreClock(s)
	in.Near.renumber(zero)
	p.follow(&s.Line)
}

// skip passes over frames that nobody reads.
func (in *intake) skip(frames uint64) {
	in.ring.clear(in.Head, int64(min(frames, uint64(in.ring.size()))))
	in.Head += int64(frames)
	in.splice.Gap()
}

// read moves the next frames into block. What is missing is silence, with a ramp before and after.
func (in *intake) read(block []byte) {
	for len(block) > 0 {
		frames, n, there := in.ring.run(in.Head, len(block)/in.frame)
		part := block[:n*in.frame]
		block = block[len(part):]
		if there == in.Missing {
			in.splice.Gap()
			in.Missing = !there
		}
		switch {
		case !there:
			in.format.Encoding.Silence(part)
			if in.Begun {
				in.counts.concealed.Add(uint64(n))
			}
		case in.coded == in.format.Encoding:
			copy(part, frames)
		default:
			audio.Reencode(in.format.Encoding, in.coded, part, frames)
		}
		if there {
			in.Begun = true
			in.ring.clear(in.Head, int64(n))
		}
		in.Head += int64(n)
		in.splice.Pass(part)
	}
}

// rests lets time pass while nobody reads: what has come stays for as long as it could still be read.
func (in *intake) rests(position int64) {
	if ahead := position - in.Depth - in.Head; ahead > 0 {
		in.skip(uint64(ahead))
	}
}
