package loop

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// Strip is the audio(7I) state of an end of a loop, as the channel strip of a mixer. What
// a program writes or reads goes through the strips of both ends; a client's is its own
// strip, and then that of the client end, which is for all clients.
//
//	NAME, NAME/client   the client end
//	NAME/server         the server end, if a program can be it
//	NAME/PID            one client, as long as it is open
//
// What is set of the first two survives close and open (D25). Its methods are safe from
// any goroutine but the engine's.
type Strip struct {
	loop *Loop
	role pcm.Role
	one  *End // a single client
}

// strip is what is set of an end; counters and flags are those of the program's end.
// Guarded by loop.mu.
type strip struct{ device.Settings }

// newStrip is at unity.
func newStrip(spec *Spec) *strip {
	var hw state.HWFeatures
	if spec.Attached != RecordSide {
		hw |= state.HWPlay
	}
	if spec.Attached != PlaySide {
		hw |= state.HWRecord
	}
	period, buffer := spec.sizes(spec.Format, 0, 0)
	side := state.SideRules{FragmentFrames: period, DefaultFrames: buffer}
	s := &strip{device.Settings{Rules: state.Rules{Play: side, Record: side}}}
	s.Info = state.NewInfo(spec.Format, hw, s.Rules)
	s.Info.SW = state.SWMixer
	return s
}

// setting is what the strip does to frames in a direction.
func (s *strip) setting(d audio.Direction) mixer.Setting {
	side := s.Info.Side(d)
	return mixer.Setting{Gain: side.Gain, Balance: side.Balance, Mute: d == audio.Play && s.Info.OutputMuted}
}

// side is what audio(7I) calls what an end does.
func side(d pcm.Direction) audio.Direction {
	if d == pcm.Read {
		return audio.Record
	}
	return audio.Play
}

// settings are what the frames of an end pass through. The caller holds loop.mu.
func (e *End) settings() []mixer.Setting {
	if e == nil {
		return nil
	}
	all := []mixer.Setting{e.strip.setting(side(e.dir))}
	if e.role == pcm.Client {
		all = append(all, e.loop.strips[pcm.Client].setting(side(e.dir)))
	}
	return all
}

// Strip finds one by its name. ErrNoDevice: no such loop, end or client.
func (b *Patchbay) Strip(name string) (*Strip, error) {
	l, err := b.find(name)
	if err == nil {
		return &Strip{loop: l, role: pcm.Client}, nil
	}
	cut := strings.LastIndexByte(name, '/')
	if cut < 0 {
		return nil, err
	}
	end := name[cut+1:]
	if l, err = b.find(name[:cut]); err != nil {
		return nil, err
	}
	switch pid, notPID := strconv.Atoi(end); {
	case end == pcm.Client.String():
		return &Strip{loop: l, role: pcm.Client}, nil
	case end == pcm.Server.String() && l.bus != nil:
		return nil, audio.ErrNoDevice.With("the server end of %s is the device %s", l.spec.Name, l.engine.name)
	case end == pcm.Server.String():
		return &Strip{loop: l, role: pcm.Server}, nil
	case notPID == nil:
		return l.clientStrip(pid)
	}
	return nil, audio.ErrNoDevice.With("%s has no end %s: use client, server or the pid of a client", l.spec.Name, end)
}

// clientStrip is that of the first client of a process.
func (l *Loop) clientStrip(pid int) (*Strip, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var pids []string
	for _, c := range l.clients {
		if c.holder.PID == pid {
			return &Strip{loop: l, role: pcm.Client, one: c}, nil
		}
		pids = append(pids, strconv.Itoa(c.holder.PID))
	}
	if len(pids) == 0 {
		return nil, audio.ErrNoDevice.With("%s has no client with pid %d, nor any other", l.spec.Name, pid)
	}
	return nil, audio.ErrNoDevice.With("%s has no client with pid %d; there are %s", l.spec.Name, pid, strings.Join(pids, ", "))
}

// Name is the shortest by which Patchbay.Strip finds it.
func (s *Strip) Name() string {
	switch {
	case s.one != nil:
		return fmt.Sprintf("%s/%d", s.loop.spec.Name, s.one.holder.PID)
	case s.role == pcm.Server:
		return s.loop.spec.Name + "/" + s.role.String()
	}
	return s.loop.spec.Name
}

// Err is why it is of no more use; nil while it is.
func (s *Strip) Err() error { return s.loop.engine.Err() }

// Holder implements Subject.
func (s *Strip) Holder() pcm.Holder {
	if s.one != nil {
		return s.one.holder
	}
	return pcm.Holder{}
}

// strip is where its settings are, for whoever holds loop.mu.
func (s *Strip) strip() *strip {
	if s.one != nil {
		return s.one.strip
	}
	return s.loop.strips[s.role]
}

// ends are those that programs hold. The caller holds loop.mu.
func (s *Strip) ends() (all []*End) {
	held := s.loop.clients
	switch {
	case s.one != nil:
		held = []*End{s.one}
	case s.role == pcm.Server:
		held = []*End{s.loop.server}
	}
	for _, e := range held {
		if e != nil && !e.freed { // one that has closed is open until it has drained
			all = append(all, e)
		}
	}
	return all
}

// Info is its state now. Of several clients, counters are added up, and flags are up if
// one is; it has paused if all have.
func (s *Strip) Info() state.Info {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	return s.look()
}

// look is Info for a caller that holds loop.mu.
func (s *Strip) look() state.Info {
	l := s.loop
	i := s.strip().Info
	for _, d := range audio.Directions() {
		if side := i.Side(d); side.BufferBytes > 0 {
			side.Format = l.format()
			_, frames := l.spec.sizes(side.Format, 0, 0)
			side.BufferBytes = frames * side.Format.FrameBytes()
		}
	}
	ends := s.ends()
	for n, e := range ends {
		now := i.Side(side(e.dir))
		if len(ends) == 1 { // of several it is the loop's
			now.Format, now.BufferBytes = e.Format, e.Buffer*e.Format.FrameBytes()
		}
		if n == 0 {
			now.Open, now.Pause = true, true
		}
		now.Samples += e.samples()
		now.EOF += e.eofs
		now.Error = now.Error || e.Xruns.Sticky.Load()
		now.Active = now.Active || e.flows()
		now.Pause = now.Pause && e.Paused.Load()
	}
	if s.role == pcm.Client && s.one == nil {
		for _, w := range l.waiters {
			i.Play.Waiting = i.Play.Waiting || w.o.Direction&pcm.Write != 0
			i.Record.Waiting = i.Record.Waiting || w.o.Direction&pcm.Read != 0
		}
	}
	i.RefCount = min(len(ends), 255)
	return i
}

// samples is the counter of audio(7I). The caller holds loop.mu.
func (e *End) samples() uint32 { return uint32(e.Moved.Load() - e.since) }

// flows reports whether frames of the end move now. The caller holds loop.mu.
func (e *End) flows() bool {
	return e.session != nil && !e.Paused.Load() && (e.dir == pcm.Read || e.Flowing.Load())
}
