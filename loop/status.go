package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
)

// Status is a loop as seen from outside, at one moment.
type Status struct {
	Name     string
	Device   string
	Format   audio.Format // the server's, or else the configured one
	Waiting  int          // clients in the queue
	Server   EndStatus
	Client   EndStatus       // the first of Clients
	Clients  []EndStatus     // including closed ones with frames to deliver
	Attached audio.Direction // as in Spec

	// What went through the two ends so far, under whichever programs; nothing for a device.
	ServerTotals, ClientTotals Totals

	OnClientClose Policy
	Sessions      uint64
	Frames        uint64 // moved from writer to reader, in all sessions
	Skipped       uint64 // left out of the clock after the engine was late
}

// EndStatus is one end of a loop. Open is false if no program holds it.
type EndStatus struct {
	Open       bool
	Gone       bool // its program closed; its last frames are being delivered
	State      ring.State
	Direction  audio.Direction
	Holder     pcm.Holder
	Format     audio.Format
	Period     int    // frames
	Buffer     int    // frames
	Moved      uint64 // frames taken from or given to the program
	Xruns      uint64 // bursts
	XrunFrames uint64 // inserted as silence (writing) or dropped (reading)
	Error      bool   // sticky, until Halt or close
	Bad        uint64 // NaN and infinite samples, which became 0
	Paused     bool
	Draining   bool          // its program waits for a drain
	Mix        mixer.Setting // its own; clients also pass that of the client end
}

// Status returns all loops, sorted by name. It briefly locks each loop.
func (b *Patchbay) Status() []Status {
	loops := b.sorted()
	all := make([]Status, len(loops))
	for i, l := range loops {
		all[i] = l.status()
	}
	return all
}

func (l *Loop) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{
		Name: l.spec.Name, Attached: l.spec.Attached, Device: l.engine.name, Format: l.formatLocked(),
		Waiting: len(l.waiters), Server: l.server.statusLocked(), OnClientClose: l.spec.OnClientClose,
		ServerTotals: l.totalsLocked(pcm.Server), ClientTotals: l.totalsLocked(pcm.Client),
		Sessions: l.sessions.Load(), Frames: l.Frames.Load(), Skipped: l.Skipped.Load(),
	}
	if l.deviceBus != nil {
		s.Server = l.deviceStatusLocked()
	}
	for _, c := range l.clients {
		s.Clients = append(s.Clients, c.statusLocked())
	}
	if len(s.Clients) > 0 {
		s.Client = s.Clients[0]
	}
	return s
}

// statusLocked returns the status of an end; e may be nil.
func (e *End) statusLocked() EndStatus {
	if e == nil {
		return EndStatus{}
	}
	return EndStatus{
		Open: true, Gone: e.Gone, State: e.state, Direction: e.dir, Holder: e.holder, Format: e.Format,
		Period: e.Period, Buffer: e.Buffer, Moved: e.Moved.Load(),
		Xruns: e.Xruns.Bursts.Load(), XrunFrames: e.Xruns.Frames.Load(), Error: e.Xruns.Sticky.Load(),
		Mix: e.settings.settingLocked(e.dir), Bad: e.Bad.Load(), Paused: e.Paused.Load(),
		Draining: e.DrainTo.Load() != 0,
	}
}

// State returns the state of both ends in one word:
//
//	closed    no server holds the loop
//	idle      a server holds it, and has not yet read or written
//	armed     the server has started, and sleeps until a client does
//	paired    both ends are held, but not both have started
//	running   frames move
//	draining  an end was closed, and its last frames are being delivered
//	ended     the session is over, and an end has not yet reacted
func (s *Status) State() string {
	server, client := &s.Server, &s.Client
	switch {
	case server.Gone || client.Gone:
		return "draining"
	case !server.Open && client.Open, server.State == ring.Ended, client.State == ring.Ended:
		return "ended"
	case !server.Open:
		return "closed"
	case server.State == ring.Running:
		return "running" // also alone, under on_client_close = "silence"
	case client.Open:
		return "paired"
	}
	return server.State.String() // idle, armed
}

// Converted reports whether the frames of a client are converted or rearranged in a loop of this format.
func (s *EndStatus) Converted(loop audio.Format) bool {
	return !s.Format.Alike(loop) || s.Format.Positions.Known() && s.Format.Positions != loop.Stand()
}
