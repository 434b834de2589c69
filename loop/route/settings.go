package route

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// A route has the audio(7I) state of an end that plays: gain, balance, mute and pause.

var _ loop.Subject = (*Route)(nil)

func newSettings(s *Spec) device.Settings {
	d := device.Settings{}
	d.Info = state.NewInfo(audio.DefaultFormat(), state.HWPlay, d.Rules)
	d.Info.SW = state.SWMixer
	d.Info.Play.Gain, d.Info.Play.Balance = s.Setting.Gain, s.Setting.Balance
	d.Info.OutputMuted, d.Info.Play.Pause = s.Setting.Mute, s.Paused
	return d
}

// Name implements loop.Subject: "route/" and the name of the route.
func (r *Route) Name() string { return prefix + r.spec.Name }

// prefix of the names of routes, among those of devices and loops.
const prefix = "route/"

// Holder implements loop.Subject: no program holds a route.
func (r *Route) Holder() pcm.Holder { return pcm.Holder{} }

// Err implements loop.Subject: why the route could not open an end, or nil.
func (r *Route) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Info implements loop.Subject.
func (r *Route) Info() state.Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.infoLocked()
}

func (r *Route) infoLocked() state.Info {
	i := r.settings.Info
	i.Play.Open, i.Play.Active = r.cord != nil, r.status.Flowing.Load()
	i.Play.Samples = uint32(r.status.Frames.Load() - r.since)
	if r.cord != nil {
		now := r.cord.controls.Info()
		i.Play.Format, i.Play.BufferBytes, i.Play.Error = now.Play.Format, now.Play.BufferBytes, now.Play.Error
		i.RefCount = 1
	}
	return i
}

// setting returns what the frames pass. It needs mu.
func (r *Route) setting() mixer.Setting {
	i := &r.settings.Info
	return mixer.Setting{Gain: i.Play.Gain, Balance: i.Play.Balance, Mute: i.OutputMuted}
}

// Set implements loop.Subject.
func (r *Route) Set(p state.Patch) (state.Reply, error) {
	connected := false
	look := func() state.Info {
		i := r.infoLocked()
		connected, i.Play.Open = i.Play.Open, true // the board holds it: it can be paused while it waits
		return i
	}
	reply, err := r.settings.Set(&r.mu, p, look, func(next *state.Info, _ *state.Reply) (func(), error) {
		if v, ok := p.Get(state.PlaySamples); ok {
			r.since = r.status.Frames.Load() - uint64(v)
		}
		return r.adoptLocked(next), nil
	})
	if err == nil {
		reply.Info.Play.Open = connected
		r.bay.Tell(event.Event{Kind: event.Set, Device: r.Name(), Changes: reply.Changes})
	}
	return reply, err
}

// Restore implements loop.Subject.
func (r *Route) Restore(saved state.Saved) error {
	return r.settings.Restore(&r.mu, saved, r.infoLocked, func(next *state.Info) (func(), error) {
		return r.adoptLocked(next), nil
	})
}

// adoptLocked puts the settings of next into effect; wait blocks until they are.
func (r *Route) adoptLocked(next *state.Info) (wait func()) {
	now := &r.settings.Info
	now.Play.Gain, now.Play.Balance, now.Play.Pause = next.Play.Gain, next.Play.Balance, next.Play.Pause
	now.OutputMuted = next.OutputMuted
	r.status.Paused.Store(now.Play.Pause)
	if r.cord == nil {
		return func() {}
	}
	return r.cord.engine.Fade(r.cord.line, r.setting())
}

// Probes implements loop.Subject: of what the route plays, after its controls.
func (r *Route) Probes(side audio.Direction, room time.Duration) []*mixer.Probe {
	r.mu.Lock()
	c := r.cord
	r.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.controls.Probes(side, room)
}

// Levels implements loop.Subject: of what the route plays, after its controls.
func (r *Route) Levels() device.Levels {
	r.mu.Lock()
	c := r.cord
	r.mu.Unlock()
	if c == nil {
		return device.Levels{}
	}
	return c.controls.Levels()
}
