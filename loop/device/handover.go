package device

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/mixer"
)

// State is what a Device knows beside its stream and ports: plain data, with which the device of another process goes on.
// The arrays are by side, as audio.Direction.Index numbers them.
type State struct {
	Info           state.Info
	Levels         [2]SideLevel
	Monitor        bool // the hardware monitors
	Monitored      int
	Muted          bool
	FoundMuted     bool
	Play, Record   *mixer.FaderState     // nil: there is no such side
	Ports          [2][]mixer.FaderState // of each port that is mapped
	MonitorFader   *mixer.FaderState
	Samples, Since [2]uint64
	Failed         [2]bool
	Active         [2]bool
	Sounding       [2]bool
	LastSound      uint64
	HasSound       bool
}

// SideLevel is the hardware's part of the gain of a side.
type SideLevel struct {
	Hardware  bool
	Volume    int
	Remaining float32
}

// Hold keeps the settings as they are until release is called: Set and the follower of the hardware wait. A volume of the
// hardware that is on its way arrives at once. Not for the engine's goroutine, which must still run.
func (d *Device) Hold() (release func()) {
	d.finishAllRides()
	if d.controller != nil {
		d.takeDueSteps()
	}
	d.mu.Lock()
	return d.mu.Unlock
}

// State returns the state of a device that is held, while its engine is, too. It allocates.
func (d *Device) State() State {
	s := State{
		Info: d.settings.Info, Monitor: d.hwLevels.monitor, Monitored: d.hwLevels.monitored, Muted: d.hwLevels.muted,
		FoundMuted: d.foundMuted, LastSound: d.tail.lastSound, HasSound: d.tail.hasSound,
		Play: faderState(d.play), Record: faderState(d.record),
	}
	for n := range s.Levels {
		l := d.hwLevels.gain[n]
		s.Levels[n] = SideLevel{l.hardware, l.volume, l.remaining}
		s.Samples[n], s.Since[n] = d.samples[n].Load(), d.since[n].Load()
		s.Failed[n], s.Active[n], s.Sounding[n] = d.failed[n].Load(), d.active[n].Load(), d.sounding[n].Load()
		if p := d.ports[n]; p != nil {
			for i := range p.list {
				s.Ports[n] = append(s.Ports[n], p.list[i].fader.State())
			}
		}
	}
	if d.monitor != nil {
		f := d.monitor.State()
		s.MonitorFader = &f
	}
	return s
}

func faderState(f *mixer.Fader) *mixer.FaderState {
	if f == nil {
		return nil
	}
	s := f.State()
	return &s
}

// Resume makes a device whose engine does not yet run go on from a state. Clients are counted anew. runs: the stream
// does. ErrInvalid: the state is of another device.
func (d *Device) Resume(s *State, runs bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.Info.HW != d.settings.Info.HW {
		return audio.ErrInvalid.With("the state of a device does not fit: it has other sides")
	}
	found := d.settings.Info
	d.settings.Info = s.Info
	for n, direction := range audio.Directions() {
		now, was := d.settings.Info.Side(direction), found.Side(direction)
		if was.Format != now.Format && was.AvailPorts != 0 {
			return audio.ErrInvalid.With("the state of a device does not fit: it %ss %s, and not %s", direction, was.Format, now.Format)
		}
		now.Open = false // until its clients are back
		l := s.Levels[n]
		d.hwLevels.gain[n] = sideLevel{hardware: l.Hardware, volume: l.Volume, remaining: l.Remaining}
		d.paused[n] = now.Pause
		d.ports[n].enable(now.Port)
		d.failed[n].Store(s.Failed[n])
		d.active[n].Store(s.Active[n])
		d.sounding[n].Store(s.Sounding[n])
		if p := d.ports[n]; p != nil && len(p.list) == len(s.Ports[n]) {
			for i := range p.list {
				p.list[i].fader.Restore(s.Ports[n][i])
			}
		}
		d.samples[n].Store(s.Samples[n])
		d.since[n].Store(s.Since[n])
	}
	d.hwLevels.monitor, d.hwLevels.monitored, d.hwLevels.muted = s.Monitor, s.Monitored, s.Muted
	d.foundMuted, d.running = s.FoundMuted, runs
	d.tail.lastSound, d.tail.hasSound = s.LastSound, s.HasSound
	for n, f := range [...]*mixer.Fader{playing: d.play, recording: d.record} {
		if f == nil {
			continue
		}
		direction := audio.Directions()[n]
		d.setLevel(n, f, d.hwLevels.gain[n], &d.settings.Info)
		was := s.Play
		if direction == audio.Record {
			was = s.Record
		}
		if was != nil {
			f.Restore(*was)
		}
	}
	if d.monitor != nil && s.MonitorFader != nil {
		gain := s.Info.MonitorGain
		if s.Monitor {
			gain = 0
		}
		d.monitor.Restore(*s.MonitorFader, gain)
	}
	return nil
}

// Reopen counts the clients of a side after Resume: it is open, and as it was. It does not block.
func (d *Device) Reopen(s *State, side audio.Direction, clients int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := side.Index()
	d.clients[n] = clients
	d.settings.Info.Side(side).Open = clients > 0 && s.Info.Side(side).Open
}
