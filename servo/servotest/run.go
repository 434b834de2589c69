package servotest

import (
	"math"
	"time"
)

// Run simulates a scenario. If trace is not nil, it is called in each cycle of the sink that has sound.
func Run(s Scenario, c Controller, trace func(Point)) Result {
	r := run{
		Scenario: s, source: newSide(s.Source, 2*s.Seed), sink: newSide(s.Sink, 2*s.Seed+1), c: c, trace: trace,
		nominal: float64(s.Source.Rate) / float64(s.Sink.Rate), ratio: 1, within: -1,
	}
	r.result.Within1PPM, r.result.Locked = -1, -1
	if r.Dwell == 0 {
		r.Dwell = 10 * time.Second
	}
	for end := float64(s.For); r.sink.wake < end; {
		if r.source.wake <= r.sink.wake {
			r.written = r.source.pos
			now := r.source.wake
			r.c.Source(r.source.pos, r.source.time, r.reading(now, float64(r.written)))
			r.source.next()
		} else {
			r.cycle()
			r.sink.next()
		}
	}
	return r.finish()
}

type run struct {
	Scenario
	source, sink *side
	c            Controller
	trace        func(Point)
	nominal      float64

	written  int64
	played   int64   // the sink's position at its last cycle
	read     int64   // the source's frame there,
	fraction float64 // and a part of one
	ratio    float64
	sounds   bool
	starved  bool
	locked   bool

	result              Result
	measured            float64
	ppm2, error, error2 float64
	within              float64 // since when the ratio has been within 1 ppm, in s, or −1
	last                float64 // the time of the last cycle, in s
}

// reading returns what is known at a time, if the source's pointer is at a position.
func (r *run) reading(now, pointer float64) Reading {
	return Reading{
		Now: int64(now), Sink: r.played, Source: r.read, Fraction: r.fraction, Written: r.written,
		Queued: pointer - r.reads(now),
	}
}

// reads returns the source's frame that the sink really plays at a time.
func (r *run) reads(now float64) float64 {
	return float64(r.read) + r.fraction + (r.sink.position(now)-float64(r.played))*r.nominal*r.ratio
}

// cycle is a wake-up of the sink.
func (r *run) cycle() {
	now := r.sink.wake
	d := r.c.Sink(r.sink.pos, r.sink.time, r.reading(now, r.source.visible(now)))
	frames := r.sink.pos - r.played
	r.played = r.sink.pos
	if d.Pitch != 0 {
		r.source.steer(now, d.Pitch)
	}
	if d.Shift != 0 && r.sounds {
		r.result.Moved++
	}
	r.read += d.Shift
	before := r.ratio
	r.ratio = d.Ratio
	r.fraction += float64(frames) * r.nominal * d.Ratio
	whole := math.Floor(r.fraction)
	r.read += int64(whole)
	r.fraction -= whole
	r.result.Cycles++
	if d.Silent {
		r.locked = false
		return
	}
	r.sounds = true
	held := float64(r.written - r.read)
	dry := held < 0 || held > 2*r.Latency+float64(r.source.Period)
	if dry && !r.starved {
		r.result.Xruns++
	}
	r.starved = dry
	r.measure(now, before, d)
}

// measure compares with the truth.
func (r *run) measure(now, before float64, d Decision) {
	t := now * 1e-9
	effective := d.Ratio / r.source.steered
	truth := (1 + r.source.ppm()*1e-6) / (1 + r.sink.ppm()*1e-6)
	off := (effective/truth - 1) * 1e6
	late := r.source.position(now) - r.reads(now) - r.Latency

	res := &r.result
	r.reached(t, math.Abs(off))
	if d.Locked && res.Locked < 0 {
		res.Locked = Seconds(t)
	}
	if r.locked && !d.Locked {
		res.Unlocked++
	}
	res.ErrorPeak = max(res.ErrorPeak, math.Abs(late))
	if r.Settled > 0 && now >= float64(r.Settled) || r.Settled == 0 && d.Locked {
		if r.measured > 0 && d.Locked == r.locked {
			res.Slope = max(res.Slope, math.Abs(d.Ratio-before)*1e6/(t-r.last))
		}
		r.measured++
		r.ppm2 += off * off
		r.error += late
		r.error2 += late * late
		res.PPMPeak, res.LaterPeak = max(res.PPMPeak, math.Abs(off)), max(res.LaterPeak, math.Abs(late))
	}
	r.locked, r.last = d.Locked, t
	if r.trace != nil {
		r.trace(Point{T: t, Ratio: (effective - 1) * 1e6, True: (truth - 1) * 1e6, Error: late})
	}
}

// reached notes how long the ratio has been within 1 ppm.
func (r *run) reached(t, off float64) {
	switch {
	case off >= 1:
		r.within = -1
	case r.within < 0:
		r.within = t
	case r.result.Within1PPM < 0 && t-r.within >= r.Dwell.Seconds():
		r.result.Within1PPM = Seconds(r.within)
	}
}

func (r *run) finish() Result {
	if n := r.measured; n > 0 {
		r.result.PPM = math.Sqrt(r.ppm2 / n)
		r.result.ErrorMean = r.error / n
		r.result.Error = math.Sqrt(r.error2 / n)
	}
	return r.result
}
