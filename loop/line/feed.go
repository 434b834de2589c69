package line

// feed is a line from ring to bus: what a program writes is added up with what others do. The
// bus asks for the frames of each cycle, so there is no clock to be counted.
//
//	program ─▶ ring ─▶ path ─▶ bus
type feed struct {
	*Line
	from *supply
	to   *Bus
}

func (f *feed) advance(t *tick) Finding { return f.from.advance(t, f) }

func (f *feed) due(*tick) int {
	if f.to.paused() {
		return 0
	}
	return f.to.Frames()
}

func (f *feed) move(t *tick, due, avail int, closing bool) Finding {
	n := min(due, f.from.makes(avail))
	f.from.fill(n, due-n, avail, closing || t.lenient, false)
	if !f.add(n) {
		return FoundBadWriter
	}
	if f.to.counts() {
		f.loop.Frames.Add(uint64(n))
	}
	f.from.publish(t)
	return 0
}

// add puts n frames onto the bus. false: the program lies about its position.
func (f *feed) add(n int) bool {
	p := &f.path
	switch {
	case n == 0:
		p.fader.Jump()
	case p.converter == nil:
		from1, from2 := f.from.Peek(n)
		f.to.Add(from1, from2, p.fader)
		f.from.take(n)
	default:
		frames := f.to.Room(n * p.frameBytes)
		if !f.from.convert(frames) {
			return false
		}
		if p.raw {
			f.to.Add(frames, nil, p.fader)
		} else {
			f.to.AddFloat(frames, p.fader)
		}
	}
	return true
}

func (f *feed) end() {}

// demand returns how many of the due frames there are to be for a feed's sake, where the bus is
// that of a group: silence only fills up what one of several lacks.
func (f *feed) demand(t *tick, due int) int {
	avail, err := f.from.available()
	if err != nil || !f.clock.anchored {
		return 0 // a feed that lies is found out in its turn
	}
	n := min(due, f.from.makes(avail))
	switch {
	case n == due, f.from.end.Paused.Load():
		return due
	case f.from.last(avail):
		return n
	case t.lenient:
		return max(0, n-f.period) // leave the writer a period to come back in
	}
	return due - f.from.hold(n, due-n)
}
