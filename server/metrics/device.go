package metrics

import (
	"strconv"

	dto "github.com/prometheus/client_model/go"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

func addDevices(p *page, devices []*loop.Engine, thread func(device string) string) {
	info := p.gauge("device_info", "What a device runs on, in which format, and how its thread is scheduled; always 1.")
	failed := p.gauge("device_failed", "1 if the device has failed and is of no more use.")
	stands := p.gauge("device_standing_in", "1 while the device runs on something that stands in for its card.")
	ticks := p.gauge("device_ticking", "1 while the clock of the device runs; it rests while nobody needs it.")
	cycles := p.counter("device_cycles_total", "Cycles of the engine.")
	xruns := p.counter("device_xruns_total", "Xruns of the device itself.")
	lost := p.counter("device_lost_frames_total", "Frames that xruns of the device cost.")
	period := p.gauge("device_period_seconds", "The time between two cycles that is granted now.")
	drift := p.gauge("device_clock_drift_ratio",
		"By how much the clock of the device is faster than nominal, as a part of it: 0.000001 is one ppm. Missing until it is known.")
	late := p.histogram("device_wakeup_lateness_seconds", "How late the engine woke up for a period of its clock.")
	cycle := p.histogram("device_cycle_duration_seconds", "How long a cycle of the engine took.")
	programs := p.gauge("device_programs", "Programs that play on the device or record from it.")
	muted := p.gauge("device_muted", "1 if all output is silent.")
	monitor := p.gauge("device_monitor_gain_ratio", "Level of the input in the output, 0 to 1.")
	marks := p.counter("device_eof_marks_total", "End-of-file marks that were played.")
	sides := newSideFamilies(p)
	for _, e := range devices {
		of, g, i := label("device", e.Name()), e.Granted(), e.Info()
		pairs := append(formatPairs(g.Format), "runs_on", e.RunsOn())
		if thread != nil {
			pairs = append(pairs, "thread", thread(e.Name()))
		}
		info.add(1, of.with(pairs...))
		failed.flag(e.Err() != nil, of)
		stands.flag(e.StandsIn(), of)
		ticks.flag(e.Ticks(), of)
		cycles.count(e.Cycles(), of)
		bursts, frames := e.Xruns()
		xruns.count(bursts, of)
		lost.count(frames, of)
		period.add(seconds(g.Period, g.Format.Rate), of)
		var clock servo.Estimate
		if e.Clock().Load(&clock) && clock.Locked {
			drift.add(clock.PPM()/1e6, of)
		}
		late.load(&e.Timing().Late, of)
		cycle.load(&e.Timing().Cycle, of)
		programs.count(uint64(i.RefCount), of)
		if i.HW&state.HWPlay != 0 {
			muted.flag(i.OutputMuted, of)
			marks.count(uint64(i.Play.EOF), of)
		}
		if i.HW&(state.HWPlay|state.HWRecord) == state.HWPlay|state.HWRecord {
			monitor.add(gain(i.MonitorGain), of)
		}
		for _, d := range audio.Directions() {
			if side := i.Side(d); side.Format.Rate > 0 {
				sides.add(side, e.Moved(d), of.with("side", d.String()))
			}
		}
	}
}

// sideFamilies are about one side of a device.
type sideFamilies struct{ frames, delay, gain, balance, paused, xrun, active family }

func newSideFamilies(p *page) sideFamilies {
	return sideFamilies{
		frames:  p.counter("device_frames_total", "Frames that the device played or recorded while it was not paused."),
		delay:   p.gauge("device_delay_seconds", "How long sound takes between the loops and the ear, or the microphone."),
		gain:    p.gauge("device_gain_ratio", "Gain of a side, 0 to 1, where 1 changes nothing."),
		balance: p.gauge("device_balance_ratio", "Balance of a side: -1 left, 0 middle, 1 right."),
		paused:  p.gauge("device_paused", "1 if the side is paused."),
		xrun:    p.gauge("device_error", "1 if there was an xrun since the flag was last cleared."),
		active:  p.gauge("device_active", "1 while frames move."),
	}
}

func (f *sideFamilies) add(s *state.Side, moved uint64, of labels) {
	f.frames.count(moved, of)
	f.delay.add(seconds(s.Delay, s.Format.Rate), of)
	f.gain.add(gain(s.Gain), of)
	f.balance.add(float64(s.Balance)/32-1, of)
	f.paused.flag(s.Pause, of)
	f.xrun.flag(s.Error, of)
	f.active.flag(s.Active, of)
}

// formatPairs returns the labels of a format.
func formatPairs(f audio.Format) []string {
	return []string{"channels", strconv.Itoa(f.Channels), "format", f.Encoding.String(), "rate", strconv.Itoa(f.Rate)}
}

// gain returns a gain of audio(7I) as a ratio.
func gain(gain int) float64 { return float64(gain) / mixer.MaxGain }

// seconds returns how long frames are at a rate.
func seconds(frames, rate int) float64 {
	if rate == 0 {
		return 0
	}
	return float64(frames) / float64(rate)
}

// histogram adds a family of durations.
func (p *page) histogram(name, help string) family {
	return p.add(dto.MetricType_HISTOGRAM, name, help)
}

// load adds the histogram of an engine; nothing if it has recorded nothing.
func (f family) load(h *loop.Histogram, of labels) {
	counts, ns := h.Load()
	var sum uint64
	buckets := make([]*dto.Bucket, loop.Buckets)
	for i := range buckets {
		sum += counts[i]
		upTo, bound := sum, float64(loop.Bound(i))/1e9
		buckets[i] = &dto.Bucket{CumulativeCount: &upTo, UpperBound: &bound}
	}
	if sum += counts[loop.Buckets]; sum == 0 {
		return
	}
	total := float64(ns) / 1e9
	f.Metric = append(f.Metric, &dto.Metric{Label: of, Histogram: &dto.Histogram{SampleCount: &sum, SampleSum: &total, Bucket: buckets}})
}
