package loop

// makes is how many frames there are when the writer has written avail. If these are its
// last for now, nothing is kept back for what might come behind.
func (ln *line) makes(avail int) int {
	switch {
	case ln.converter == nil:
		return avail
	case ln.source != nil && ln.last(avail):
		return ln.converter.Rest(avail)
	}
	return ln.converter.Yield(avail)
}

// rest is how many frames avail of the writer's last make.
func (ln *line) rest(avail int) int {
	if ln.converter == nil {
		return avail
	}
	return ln.converter.Rest(avail)
}

// needs is how many frames of the writer n frames take.
func (ln *line) needs(n int) int {
	if ln.converter == nil {
		return n
	}
	avail, _ := ln.source.Avail()
	return min(avail, ln.converter.Need(n))
}

// last reports whether no frames are to come behind the avail that were written: the
// writer has closed, or drains just these.
func (ln *line) last(avail int) bool {
	return ln.closing.Load() || ln.writer.drainTo.Load() == ln.source.Taken()+uint64(avail)
}

// transfer moves n frames, then appends silence. It returns how many of the writer's
// frames it took, and how many old ones that pushed out of the reader's ring.
func (ln *line) transfer(n, silence int) (taken, dropped int, over uint32) {
	var before uint64
	if ln.source != nil {
		before = ln.source.Taken()
	}
	for n > 0 || silence > 0 {
		part := n
		if n == 0 {
			part = silence
		}
		var to1, to2 []byte
		if ln.sink != nil && !ln.deaf {
			part = min(part, ln.sink.Spec().Capacity)
			var lost int
			var err error
			if to1, to2, lost, err = ln.sink.Reserve(part); err != nil {
				return 0, dropped, foundBadReader
			}
			dropped += lost
		}
		switch {
		case n == 0:
			ln.encoding.Silence(to1)
			ln.encoding.Silence(to2)
			silence -= part
		case ln.converter == nil:
			from1, from2 := ln.source.Peek(part)
			copyPieces(to1, to2, from1, from2)
			ln.take(part)
			n -= part
		default:
			if to1 == nil {
				to1 = ln.converter.Waste(part)
				part = len(to1) / ln.frameBytes
			}
			if !ln.convert(to1) || !ln.convert(to2) {
				return 0, dropped, foundBadWriter
			}
			n -= part
		}
		if ln.sink != nil && !ln.deaf {
			ln.hand(part, to1, to2)
		}
	}
	if ln.source != nil {
		taken = int(ln.source.Taken() - before)
	}
	ln.countBad()
	return taken, dropped, 0
}

// countBad adds to the writer's count what the converter has found since.
func (ln *line) countBad() {
	if ln.converter == nil || ln.converter.Bad() == ln.bad {
		return
	}
	ln.writer.bad.Add(ln.converter.Bad() - ln.bad)
	ln.bad = ln.converter.Bad()
}

// convert fills to with frames of the writer, which suffice. false: the writer lies about
// its position.
func (ln *line) convert(to []byte) bool {
	c := ln.converter
	in, out := ln.writer.format.FrameBytes(), ln.frameBytes
	for len(to) > 0 {
		avail, err := ln.source.Avail()
		if err != nil {
			return false
		}
		from1, from2 := ln.source.Peek(avail)
		given, taken := c.Convert(to, from1)
		to = to[given*out:]
		if taken*in == len(from1) {
			g, t := c.Convert(to, from2)
			to = to[g*out:]
			given, taken = given+g, taken+t
		}
		ln.take(taken)
		if given > 0 || taken > 0 {
			continue
		}
		if c.Finish(); !c.Holds() { // only what was counted is asked for
			ln.encoding.Silence(to)
			return true
		}
	}
	return true
}

// copyPieces copies one block whose memory is in two pieces on both sides; nothing where
// there is no place for it.
func copyPieces(to1, to2, from1, from2 []byte) {
	n := copy(to1, from1)
	if n < len(to1) {
		n = copy(to1[n:], from2)
		copy(to2, from2[n:])
		return
	}
	m := copy(to2, from1[n:])
	copy(to2[m:], from2)
}
