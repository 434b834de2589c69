package loop

import "github.com/loopbridge/loopbridge/loop/pcm"

// Totals counts what went through an end of a loop, under all programs that ever held it. It never falls.
type Totals struct {
	Frames     uint64 // taken from or given to the programs
	Xruns      uint64 // bursts
	XrunFrames uint64 // inserted as silence (writing) or dropped (reading)
	Bad        uint64 // NaN and infinite samples, which became 0
}

// addTotalsLocked adds what e has counted since the previous call to the totals of its end.
func (e *End) addTotalsLocked() {
	now := Totals{e.Moved.Load(), e.Xruns.Bursts.Load(), e.Xruns.Frames.Load(), e.Bad.Load()}
	all := &e.loop.totals[e.role]
	all.Frames += now.Frames - e.added.Frames
	all.Xruns += now.Xruns - e.added.Xruns
	all.XrunFrames += now.XrunFrames - e.added.XrunFrames
	all.Bad += now.Bad - e.added.Bad
	e.added = now
}

// totalsLocked returns what went through an end.
func (l *Loop) totalsLocked(role pcm.Role) Totals {
	ends := l.clients
	if role == pcm.Server {
		ends = []*End{l.server}
	}
	for _, e := range ends {
		if e != nil && !e.freed {
			e.addTotalsLocked()
		}
	}
	return l.totals[role]
}
