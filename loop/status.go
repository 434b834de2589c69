package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
)

// Status is what can be seen of a loop from outside, at one moment.
type Status struct {
	Name     string
	Device   string
	Format   audio.Format // of the server, else the configured one
	Waiting  int          // clients in the queue
	Server   EndStatus
	Client   EndStatus   // the first of
	Clients  []EndStatus // all that hold the client end
	Attached Side

	OnClientClose Policy
	Sessions      uint64
	Frames        uint64 // moved from writer to reader, in all sessions
	Skipped       uint64 // left out of the clock, because the engine was late
}

// EndStatus is one end of it; Open is false where nobody holds it.
type EndStatus struct {
	Open       bool
	Gone       bool // its program has closed; its last frames are on their way
	State      ring.State
	Direction  pcm.Direction
	Holder     pcm.Holder
	Format     audio.Format
	Period     int    // frames
	Buffer     int    // frames
	Moved      uint64 // frames taken from or given to the program
	Xruns      uint64 // bursts
	XrunFrames uint64 // inserted as silence (writing) or dropped (reading)
	Error      bool   // sticky, until Halt or close
	Bad        uint64 // samples that were no numbers, or infinite, and became 0
	Paused     bool
	Draining   bool          // its program waits for what it wrote to be taken
	Mix        mixer.Setting // of its own; all of the client end have that of the loop, too
}

// Status lists all loops by name. It takes each loop's lock for a moment.
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
		Name: l.spec.Name, Attached: l.spec.Attached, Device: l.engine.name, Format: l.spec.Format, Waiting: len(l.waiters),
		Server:        l.server.status(),
		OnClientClose: l.spec.OnClientClose, Sessions: l.sessions.Load(), Frames: l.Frames.Load(), Skipped: l.Skipped.Load(),
	}
	s.Format = l.format()
	if l.bus != nil {
		s.Server = l.deviceStatus()
	}
	for _, c := range l.clients {
		s.Clients = append(s.Clients, c.status())
	}
	if len(s.Clients) > 0 {
		s.Client = s.Clients[0]
	}
	return s
}

// status of an end that may be nil. The caller holds loop.mu.
func (e *End) status() EndStatus {
	if e == nil {
		return EndStatus{}
	}
	return EndStatus{
		Open: true, Gone: e.Gone, State: e.state, Direction: e.dir, Holder: e.holder, Format: e.Format,
		Period: e.Period, Buffer: e.Buffer, Moved: e.Moved.Load(),
		Xruns: e.Xruns.Bursts.Load(), XrunFrames: e.Xruns.Frames.Load(), Error: e.Xruns.Sticky.Load(),
		Mix: e.strip.setting(side(e.dir)), Bad: e.Bad.Load(), Paused: e.Paused.Load(), Draining: e.DrainTo.Load() != 0,
	}
}

// State returns both ends in a word:
//
//	closed    no server holds the loop
//	idle      a server does, and has not begun to read or write
//	armed     it has, and sleeps until a client does too
//	paired    both ends are held, but not both have begun
//	running   frames move
//	draining  an end was closed, its last frames are on their way
//	ended     the session is over, and an end has not yet noticed
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

// Converted reports whether the frames of a client are converted, or rearranged, in a loop of
// a format.
func (s *EndStatus) Converted(loop audio.Format) bool {
	return !s.Format.Alike(loop) || s.Format.Positions.Known() && s.Format.Positions != loop.Stand()
}
