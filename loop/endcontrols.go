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

// EndControls is the audio(7I) state of an end of a loop, like a channel strip of a mixer. Frames pass
// those of both ends; a client's frames pass its own, then those of the client end,
// which all clients share.
//
//	NAME, NAME/client   the client end
//	NAME/server         the server end, if it can be a program
//	NAME/PID            one client, while it is open
//
// The settings of the first two survive close and open. Any goroutine but the engine's may call the
// methods.
type EndControls struct {
	loop *Loop
	role pcm.Role
	one  *End // a single client; nil: the end
}

// endSettings are the settings of an end, guarded by loop.mu. The End has its counters and flags.
type endSettings struct{ device.Settings }

// newEndSettings returns settings at unity.
func newEndSettings(spec *Spec) *endSettings {
	var hw state.HWFeatures
	if spec.Attached != audio.Record {
		hw |= state.HWPlay
	}
	if spec.Attached != audio.Play {
		hw |= state.HWRecord
	}
	side := spec.rules()
	s := &endSettings{device.Settings{Rules: state.Rules{Play: side, Record: side}}}
	s.Info = state.NewInfo(spec.Format, hw, s.Rules)
	s.Info.SW = state.SWMixer
	return s
}

// rules returns what the settings of an end may be.
func (s *Spec) rules() state.SideRules {
	period, buffer := s.sizes(s.Format, 0, 0)
	return state.SideRules{FragmentFrames: period, DefaultFrames: buffer}
}

// settingLocked returns what the settings do to frames in a direction.
func (s *endSettings) settingLocked(d audio.Direction) mixer.Setting {
	side := s.Info.Side(d)
	return mixer.Setting{Gain: side.Gain, Balance: side.Balance, Mute: d == audio.Play && s.Info.OutputMuted}
}

// faderSettingsLocked returns what the frames of an end pass, e may be nil.
func (e *End) faderSettingsLocked() []mixer.Setting {
	if e == nil {
		return nil
	}
	all := []mixer.Setting{e.settings.settingLocked(e.dir)}
	if e.role == pcm.Client {
		all = append(all, e.loop.settings[pcm.Client].settingLocked(e.dir))
	}
	return all
}

// End returns an end of a loop, which all programs at it share. ErrNoDevice: there is no such loop, or a device is its server end.
func (b *Patchbay) End(name string, role pcm.Role) (*EndControls, error) {
	l, err := b.find(name)
	if err != nil {
		return nil, err
	}
	return l.end(role)
}

func (l *Loop) end(role pcm.Role) (*EndControls, error) {
	if role == pcm.Server && l.deviceBus != nil {
		return nil, audio.ErrNoDevice.With("the server end of %s is the device %s", l.spec.Name, l.engine.name)
	}
	return &EndControls{loop: l, role: role}, nil
}

// EndControls finds an end by name. ErrNoDevice: there is no such loop, end or client.
func (b *Patchbay) EndControls(name string) (*EndControls, error) {
	if l := b.lookup(name); l != nil {
		return l.end(pcm.Client)
	}
	cut := strings.LastIndexByte(name, '/')
	if cut < 0 {
		return nil, b.unknown(name)
	}
	end := name[cut+1:]
	l, err := b.find(name[:cut])
	if err != nil {
		return nil, err
	}
	switch pid, notPID := strconv.Atoi(end); {
	case end == pcm.Client.String():
		return l.end(pcm.Client)
	case end == pcm.Server.String():
		return l.end(pcm.Server)
	case notPID == nil:
		return l.clientControls(pid)
	}
	return nil, audio.ErrNoDevice.With("%s has no end %s: use client, server or the pid of a client", l.spec.Name, end)
}

// Ends returns the controls of the ends of a loop that programs can hold; none if there is no such loop.
func (b *Patchbay) Ends(name string) (all []*EndControls) {
	for _, role := range []pcm.Role{pcm.Client, pcm.Server} {
		if end, err := b.EndControls(name + "/" + role.String()); err == nil {
			all = append(all, end)
		}
	}
	return all
}

// clientControls returns the controls of the first client of a process.
func (l *Loop) clientControls(pid int) (*EndControls, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var pids []string
	for _, c := range l.clients {
		if c.holder.PID == pid {
			return &EndControls{loop: l, role: pcm.Client, one: c}, nil
		}
		pids = append(pids, strconv.Itoa(c.holder.PID))
	}
	if len(pids) == 0 {
		return nil, audio.ErrNoDevice.With("%s has no client with pid %d, nor any other", l.spec.Name, pid)
	}
	list := strings.Join(pids, ", ")
	return nil, audio.ErrNoDevice.With("%s has no client with pid %d; there are %s", l.spec.Name, pid, list)
}

// Controls returns the controls of this end alone.
func (e *End) Controls() *EndControls { return &EndControls{loop: e.loop, role: e.role, one: e} }

// Name returns the shortest name by which Patchbay.EndControls finds it.
func (s *EndControls) Name() string {
	switch {
	case s.one != nil:
		return fmt.Sprintf("%s/%d", s.loop.spec.Name, s.one.holder.PID)
	case s.role == pcm.Server:
		return s.loop.spec.Name + "/" + s.role.String()
	}
	return s.loop.spec.Name
}

// Err implements Subject.
func (s *EndControls) Err() error { return s.loop.engine.Err() }

// Holder implements Subject.
func (s *EndControls) Holder() pcm.Holder {
	if s.one != nil {
		return s.one.holder
	}
	return pcm.Holder{}
}

// settings returns the settings behind s.
func (s *EndControls) settings() *endSettings {
	if s.one != nil {
		return s.one.settings
	}
	return s.loop.settings[s.role]
}

// endsLocked returns the ends that programs hold.
func (s *EndControls) endsLocked() (all []*End) {
	held := s.loop.clients
	switch {
	case s.one != nil:
		held = []*End{s.one}
	case s.role == pcm.Server:
		held = []*End{s.loop.server}
	}
	for _, e := range held {
		if e != nil && !e.freed { // a closed client counts until it has drained
			all = append(all, e)
		}
	}
	return all
}

// Info implements Subject. With several clients, counters are summed, and a flag is set if one
// client has it; pause if all do.
func (s *EndControls) Info() state.Info {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	return s.infoLocked()
}

func (s *EndControls) infoLocked() state.Info {
	l := s.loop
	i := s.settings().Info
	for _, d := range audio.Directions() {
		if side := i.Side(d); side.BufferBytes > 0 {
			side.Format = l.formatLocked()
			_, frames := l.spec.sizes(side.Format, 0, 0)
			side.BufferBytes = frames * side.Format.FrameBytes()
		}
	}
	ends := s.endsLocked()
	for n, e := range ends {
		now := i.Side(e.dir)
		if len(ends) == 1 { // several have the loop's
			now.Format, now.BufferBytes = e.Format, e.Buffer*e.Format.FrameBytes()
		}
		if n == 0 {
			now.Open, now.Pause = true, true
		}
		now.Samples += e.samplesLocked()
		now.EOF += e.eofs
		now.Error = now.Error || e.Xruns.Sticky.Load()
		now.Active = now.Active || e.flowsLocked()
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

// samplesLocked returns the samples counter of audio(7I).
func (e *End) samplesLocked() uint32 { return uint32(e.Moved.Load() - e.since) }

// flowsLocked reports whether frames of the end are moving.
func (e *End) flowsLocked() bool {
	return e.session != nil && !e.Paused.Load() && (e.dir == pcm.Read || e.Flowing.Load())
}
