package metrics

import (
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/servo"
)

func addRoutes(p *page, routes []*route.Route) {
	info := p.gauge("route_info", "From where to where a route leads, and what follows the clocks; always 1.")
	state := p.gauge("route_state", "1 for the state that the route is in: waiting, silent or flowing. The other states have no sample.")
	failed := p.gauge("route_error", "1 if an end of the route could not be opened, the last time.")
	frames := p.counter("route_frames_total", "Frames that went to the sink while sound flowed.")
	missing := p.counter("route_missing_frames_total", "Frames of silence among them, because the source was late.")
	level := p.gauge("route_gain_ratio", "Gain of the route, 0 to 1, where 1 changes nothing.")
	muted := p.gauge("route_muted", "1 if the route is silent.")
	paused := p.gauge("route_paused", "1 if the route is paused.")
	pitch := p.gauge("route_pitch_ratio", "By how much a route makes the clock of a device faster, as a part of it: 0.000001 is one ppm.")
	clocks := newClockFamilies(p)
	for _, r := range routes {
		s := r.Status()
		of := label("route", s.Name)
		info.add(1, of.with("actuator", string(s.Actuator), "drift", s.Drift.String(), "from", s.From, "quality", s.Quality.String(), "to", s.To))
		state.add(1, of.with("state", string(s.State)))
		failed.flag(s.Err != nil, of)
		frames.count(s.Frames, of)
		missing.count(s.Missing, of)
		level.add(gain(s.Setting.Gain), of)
		muted.flag(s.Setting.Mute, of)
		paused.flag(s.Paused, of)
		if s.Actuator == route.ByPitch {
			pitch.add(s.PPM/1e6, of.with("device", s.Moves))
		}
		if s.Follows {
			clocks.add(&s, of)
		}
	}
}

// clockFamilies are about a route that follows two clocks.
type clockFamilies struct{ state, ratio, latency, target, resyncs, unlocks, locked family }

func newClockFamilies(p *page) clockFamilies {
	return clockFamilies{
		state:   p.gauge("route_clock_state", "1 for the state of the servo between two clocks: lost, acquiring or locked. The other states have no sample."),
		ratio:   p.gauge("route_clock_ratio", "Frames of the source for one of the sink, relative to nominal. Missing while the clocks are lost."),
		latency: p.gauge("route_latency_seconds", "Latency of the route, without what cards hold. Missing while the clocks are lost."),
		target:  p.gauge("route_target_latency_seconds", "The latency that is wanted."),
		resyncs: p.counter("route_resyncs_total", "How often sound was lost and moved to come back to the wanted latency."),
		unlocks: p.counter("route_unlocks_total", "How often the servo left the state locked without losing sound."),
		locked:  p.gauge("route_locked_seconds", "For how long the servo is locked. Missing while it is not."),
	}
}

func (f *clockFamilies) add(s *route.Status, of labels) {
	v := &s.Servo
	f.state.add(1, of.with("state", v.State.String()))
	f.target.add(s.Seconds(v.Target).Seconds(), of)
	f.resyncs.count(v.Resyncs, of)
	f.unlocks.count(v.Unlocks, of)
	if v.State != servo.Lost {
		f.ratio.add(v.Ratio, of)
		f.latency.add(s.Seconds(v.Latency).Seconds(), of)
	}
	if v.State == servo.Locked {
		f.locked.add(float64(v.Now-v.Since)/1e9, of)
	}
}
