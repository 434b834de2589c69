package line

// feed is a line from ring to bus: it adds what a program writes to what the other feeds wrote. The
// bus asks for the frames of each cycle, so a feed counts no clock.
//
//	program ─▶ ring ─▶ path ─▶ bus
type feed struct {
	Line
	from supply
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
	n := min(due, f.from.producible(avail))
	if t.Lost > 0 && n < due && !closing && f.to.counts() {
		// The device has just been silent: what the program has comes last, so that its next frames follow it. Leave it
		// a period to catch up.
		n = max(0, n-f.period)
		f.to.Delay(due - n)
		defer f.to.Delay(0)
	}
	f.from.fill(n, due-n, avail, closing || t.lenient, noExcuse)
	if !f.add(n) {
		return FoundBadWriter
	}
	if f.to.counts() {
		f.loop.Frames.Add(uint64(n))
	}
	f.from.publish(t)
	return 0
}

// add adds n frames to the bus. It returns false if the program's position is bad.
func (f *feed) add(n int) bool {
	p := &f.path
	switch {
	case n == 0:
		p.fader.Jump()
	case p.converter == nil:
		from1, from2 := f.from.Peek(n)
		if b := f.to.aside; b != nil {
			b.Add(from1, from2, b.unity)
		}
		f.to.Add(from1, from2, p.fader)
		f.from.take(n)
	default:
		frames := f.to.Room(n * p.frameBytes)
		if !f.from.convert(frames) {
			return false
		}
		b := f.to.aside
		if p.raw {
			if b != nil {
				b.Add(frames, nil, b.unity)
			}
			f.to.Add(frames, nil, p.fader)
		} else {
			if b != nil {
				b.AddFloat(frames, b.unity)
			}
			f.to.AddFloat(frames, p.fader)
		}
	}
	return true
}

func (f *feed) end() {}

// demand returns how many of the due frames the bus of a group should have because of this feed.
// Silence only fills what one of several feeds lacks.
func (f *feed) demand(t *tick, due int) int {
	avail, err := f.from.available()
	if err != nil || !f.clock.anchored {
		return 0 // advance finds a bad position
	}
	n := min(due, f.from.producible(avail))
	switch {
	case n == due, f.from.end.Paused.Load():
		return due
	case f.from.last(avail):
		return n
	case t.lenient:
		return max(0, n-f.period) // leave the writer a period to catch up
	}
	return due - f.from.hold(n, due-n)
}
