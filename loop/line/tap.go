package line

import "github.com/loopbridge/loopbridge/audio"

// tap is a line from bus to ring: each client gets all frames a device records or a server plays.
// The bus has the frames of each cycle, so a tap counts no clock.
//
//	bus ─▶ path ─▶ ring ─▶ program
type tap struct {
	Line
	from *Bus
	to   delivery
}

func (p *tap) advance(t *tick) Finding {
	if p.to.passedBy = p.to.end.Paused.Load() || p.from.paused(); p.to.passedBy {
		p.publish(t)
		return 0
	}
	frames := p.from.Frames()
	dropped, err := p.to.give(p.from.Bytes(), p.path.yield(frames))
	if err != nil {
		return FoundBadReader
	}
	if frames > 0 { // a cycle without frames does not end a burst
		p.found(p.to.overrun(dropped))
	}
	if p.from.counts() {
		p.loop.Frames.Add(uint64(frames))
	}
	p.publish(t)
	return 0
}

func (p *tap) publish(t *tick) {
	converting := uint64(0)
	if p.path.holds() {
		converting = audio.MulDiv(uint64(p.path.latency()), p.path.rate, uint64(p.path.from.Rate))
	}
	p.to.publish(t, converting)
}
