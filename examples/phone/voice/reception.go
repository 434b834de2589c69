package voice

// reception counts the packets of a sender by their sequence numbers, as RFC 3550 A.1 and A.3 do.
type reception struct {
	source   uint32 // SSRC
	begun    bool
	first    int64
	highest  int64
	received int64 // of this source
	before   int64 // lost of earlier sources
}

// take counts a packet, and reports whether it is the first of a new source.
func (r *reception) take(source uint32, sequence uint16) (fresh bool) {
	if !r.begun || source != r.source {
		*r = reception{source: source, begun: true, first: int64(sequence), highest: int64(sequence), received: 1, before: r.lost()}
		return true
	}
	r.received++
	if ahead := int64(int16(sequence - uint16(r.highest))); ahead > 0 {
		r.highest += ahead
	}
	return false
}

// lost is how many packets of all sources have not come. A packet that comes twice hides another one that does not.
func (r *reception) lost() int64 {
	if !r.begun {
		return 0
	}
	return r.before + max(0, r.highest-r.first+1-r.received)
}
