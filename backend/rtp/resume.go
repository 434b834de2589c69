package rtp

import (
	"math"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/servo"
)

// longest is how many seconds a stream can have run, and ahead how many its clock may be off, for a state to be believed.
const longest, ahead = 100 * 365 * 24 * 3600, 60

// Resume returns the stream that h describes, which goes on: see backend.Heir. It needs the options that the stream was opened
// with; of those, Latency may be another one. After an error the caller still has to close Options.Net.
func Resume(h backend.Handed, o Options) (backend.Stream, error) {
	var at handed
	if err := h.Decode(kind, &at, len(h.Files), 0); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if err := validate(at.Granted, o); err != nil {
		return nil, h.Damaged("%v", err)
	}
	plays := o.Send
	if !at.Granted.Play {
		plays = nil
	}
	if !at.Receive.same(o.Receive) || !at.Send.same(plays) {
		return nil, h.Damaged("the streams on the network are others than those it was opened with")
	}
	own := o.Net == nil
	if own {
		n, err := takeOver(h, o, at.Granted)
		if err != nil {
			return nil, err
		}
		o.Net = n
	}
	var g backend.Stream
	s, err := newStream(at.Granted, o)
	if err == nil {
		err = s.resume(h, &at)
	}
	if err == nil {
		s.readable, s.writable = h.Readable, h.Writable
		g, err = backend.GuardResumed(s, h, s.buffer)
	}
	if n, ok := o.Net.(*sockets); ok && own {
		if err != nil {
			n.release()
		} else {
			err = n.keep()
		}
	}
	if err != nil {
		return nil, err
	}
	if own {
		s.reports = report(s)
	}
	return g, nil
}

// resume checks a state and takes it over.
func (s *stream) resume(h backend.Handed, at *handed) error {
	now, rate := s.net.Now(), s.granted.Format.Rate
	all := s.counts.all()
	switch {
	case len(at.Counts) != len(all):
		return h.Damaged("it has %d counts, not %d", len(at.Counts), len(all))
	case (at.Intake != nil) != (s.intake != nil) || (at.Packer != nil) != (s.packer != nil):
		return h.Damaged("a direction is missing")
	case at.Rate != rate || at.Exact != s.Exact || at.Running != h.Running:
		return h.Damaged("its clock is another one")
	case at.Position > longest*uint64(rate) || at.Time < 0 || at.Time > now+ahead*1e9:
		return h.Damaged("position %d at %d ns is out of range", at.Position, at.Time)
	case at.At < 0 || at.At > now+ahead*1e9 || !(math.Abs(at.Slope) < 0.5) || !(math.Abs(at.Phase) < ahead*1e9):
		return h.Damaged("a line from %d ns on is out of range", at.At)
	}
	if off := at.position(now) - int64(at.Position); at.Running && off < -ahead*int64(rate) || at.Frame > longest*int64(rate) ||
		at.Frame < -longest*int64(rate) || at.Exact && at.Frame < 0 {
		return h.Damaged("position %d does not fit the clock", at.Position)
	}
	for i, n := range at.Counts {
		all[i].Store(n)
	}
	if at.Sender.IsValid() {
		s.counts.sender.Store(&at.Sender)
	}
	s.course = at.course
	if s.intake != nil {
		if err := s.intake.resume(h, at.Intake, &s.pace, int64(at.Position), at.Running); err != nil {
			return err
		}
	}
	if s.packer != nil {
		if s.intake != nil {
			s.intake.own = at.Packer.SSRC
		}
		return s.packer.resume(h, at.Packer)
	}
	return nil
}

// resume checks a state and takes it over.
func (in *intake) resume(h backend.Handed, r *received, p *pace, position int64, running bool) error {
	size, packet := in.ring.size(), session.LongestPacket(in.format.Rate)
	n := int64(len(r.There))
	switch {
	case r.Packet < 1 || r.Packet > packet || r.Depth < 0 || r.Depth > size || r.Extra < 0 || r.Extra > r.Depth:
		return h.Damaged("packets of %d frames, %d frames behind, are out of range", r.Packet, r.Depth)
	case n > size || int64(len(r.Frames)) != n*int64(in.coding):
		return h.Damaged("%d bytes are not %d frames", len(r.Frames), n)
	case running && (r.Head > position || r.Head < position-2*size) || r.Head < -longest*int64(in.format.Rate) || r.Head > longest*int64(in.format.Rate) ||
		r.Newest > position+2*longest || r.Newest < -longest:
		return h.Damaged("its reader is at %d, and position %d", r.Head, position)
	case r.Clock.Nominal != float64(in.format.Rate) || r.Clock.Line != (servo.Line{}) && r.Clock.Line.Frames-p.Frame != 0 && r.Synced:
		return h.Damaged("the clock of its sender is another one")
	case r.Sequence.Settled > r.Sequence.Most+1 || r.Sequence.Begun && r.Sequence.Settled+span <= r.Sequence.Most:
		return h.Damaged("sequence numbers up to %d, of %d, are out of range", r.Sequence.Settled, r.Sequence.Most)
	case !(r.Jitter >= 0 && r.Jitter < 1e12):
		return h.Damaged("a jitter of %v ns is out of range", r.Jitter)
	case !in.splice.Restore(r.Splice):
		return h.Damaged("a ramp does not fit")
	}
	in.reception = r.reception
	in.clock = servo.RestoreClock(r.Clock)
	for i, mark := range r.There {
		if mark != 0 {
			in.ring.place(in.Head+int64(i), r.Frames[i*in.coding:][:in.coding])
		}
	}
	in.counts.ssrc.Store(in.SSRC)
	in.counts.target.Store(int64(in.format.Duration(in.wait())))
	in.counts.jitter.Store(int64(in.Jitter))
	return nil
}

// resume checks a state and takes it over.
func (p *packer) resume(h backend.Handed, at *packed) error {
	n := len(at.Begun)
	switch {
	case n%p.coding != 0 || n >= p.to.Packet*p.coding:
		return h.Damaged("%d bytes are not a part of a packet", n)
	case at.Next > longest*uint64(p.format.Rate) || at.First > at.Next:
		return h.Damaged("position %d is out of range", at.Next)
	case !p.splice.Restore(at.Splice):
		return h.Damaged("a ramp does not fit")
	}
	p.delivery = at.delivery
	p.fill = copy(p.packets[0][headerBytes:], at.Begun) / p.coding
	return nil
}
