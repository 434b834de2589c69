package servotest

import "math"

// Peers returns models of the controllers of other programs, by name, for a scenario. They are our own
// code, from published constants; what measures their delay is made as good as it can be, so the table ranks
// designs, not programs.
func Peers(s Scenario) map[string]Controller {
	return map[string]Controller{"zita-a2j": newZita(s), "CamillaDSP": newCamilla(s), "alsaloop": newAlsaloop(s)}
}

// dll is Adriaensen's delay-locked loop of fixed bandwidth.
type dll struct {
	b, c   float64
	period float64 // ns
	begin  float64 // when the last block began, filtered
	next   float64 // when the next is expected
	pos    int64   // frames at begin
	last   int64   // frames at the newest pair
}

// newDLL returns a loop with gains b = damping × w and c = w², w being 2π × hertz × T.
func newDLL(hertz, damping float64, period, rate int) dll {
	t := float64(period) / float64(rate)
	w := 2 * math.Pi * hertz * t
	return dll{b: damping * w, c: w * w, period: t * 1e9}
}

// update takes a pair; several periods at once count as so many steps.
func (d *dll) update(frames, at int64, period int) {
	if d.last == 0 {
		d.begin, d.next, d.pos, d.last = float64(at), float64(at)+d.period, frames, frames
		return
	}
	steps := float64(frames-d.last) / float64(period)
	if steps <= 0 {
		return
	}
	d.next += (steps - 1) * d.period
	e := float64(at) - d.next
	d.begin, d.pos, d.last = d.next, frames, frames
	d.next += d.b*e + d.period
	d.period += d.c * e
}

// position returns the filtered position at a time.
func (d *dll) position(at float64, period int) float64 {
	return float64(d.pos) + (at-d.begin)/(d.next-d.begin)*float64(period)
}

// zita is zita-a2j: a loop of 0.1 Hz on the card's side, JACK's (0.125 Hz) on the other; then two poles at
// 20 × w and an integrator, w of 1 Hz for 4 s, then of 0.05 Hz, the proportional gain 2 w and the
// integrator's w ÷ 2. It begins after 0.5 s.
type zita struct {
	s            Scenario
	source, sink dll
	cycles       int
	z1, z2, z3   float64
	w0, w1, w2   float64
	ratio        float64
}

func newZita(s Scenario) *zita {
	return &zita{
		s: s, ratio: 1, source: newDLL(0.1, 1.6, s.Source.Period, s.Source.Rate),
		sink: newDLL(0.125, 1.41, s.Sink.Period, s.Sink.Rate),
	}
}

func (z *zita) loop(hertz float64) {
	w := 2 * math.Pi * hertz * float64(z.s.Sink.Period) / float64(z.s.Sink.Rate)
	z.w0 = 1 - math.Exp(-20*w)
	z.w1 = 2 * w / float64(z.s.Sink.Period) * float64(z.s.Sink.Rate) / float64(z.s.Source.Rate)
	z.w2 = w / 2
}

// Source filters the times of the card.
func (z *zita) Source(frames, at int64, _ Reading) { z.source.update(frames, at, z.s.Source.Period) }

// Sink is JACK's cycle.
func (z *zita) Sink(frames, at int64, r Reading) Decision {
	z.sink.update(frames, at, z.s.Sink.Period)
	second := z.s.Sink.Rate / z.s.Sink.Period
	if z.cycles++; z.cycles < second/2 || z.source.last == 0 {
		return Decision{Ratio: 1, Silent: true}
	}
	nominal := float64(z.s.Source.Rate) / float64(z.s.Sink.Rate)
	read := float64(r.Source) + r.Fraction + float64(frames-r.Sink)*nominal*z.ratio
	e := z.source.position(z.sink.begin, z.s.Source.Period) - read - z.s.Latency
	var shift int64
	switch z.cycles - second/2 {
	case 0:
		shift = int64(math.Round(e))
		e -= float64(shift)
		z.loop(1)
	case 4 * second:
		z.loop(0.05)
	}
	z.z1 += z.w0 * (z.w1*e - z.z1)
	z.z2 += z.w0 * (z.z1 - z.z2)
	z.z3 += z.w2 * z.z2
	z.ratio = 1 / max(0.95, min(1.05, 1-z.z2-z.z3))
	return Decision{Ratio: z.ratio, Shift: shift}
}

// average collects what is queued.
type average struct{ sum, n float64 }

func (a *average) add(x float64) { a.sum, a.n = a.sum+x, a.n+1 }

// take returns the average and begins anew.
func (a *average) take() float64 {
	mean := a.sum / max(1, a.n)
	*a = average{}
	return mean
}

// camilla is CamillaDSP: every 10 s, the average level of the playback buffer at each captured chunk goes
// to a PI controller with kp = 0.2 and ki = 0.004, limited to ±0.5 %, whose target begins at the first level
// and gets to the wanted one within 20 steps.
type camilla struct {
	s           Scenario
	level       average
	next        int64
	ratio       float64
	accumulated float64
	begin       float64
	step        int
	sounds      bool
}

const camillaInterval, camillaSteps = 10.0, 20

func newCamilla(s Scenario) *camilla { return &camilla{s: s, ratio: 1} }

// Source is a captured chunk.
func (c *camilla) Source(_, _ int64, r Reading) {
	if c.sounds {
		c.level.add(r.Queued)
	}
}

// Sink adjusts every 10 s.
func (c *camilla) Sink(_, _ int64, r Reading) Decision {
	if !c.sounds {
		if r.Written == 0 {
			return Decision{Ratio: 1, Silent: true}
		}
		c.sounds, c.next = true, r.Now+int64(camillaInterval*1e9)
		return Decision{Ratio: 1, Shift: int64(math.Round(r.Queued - c.s.Latency))}
	}
	if r.Now >= c.next {
		c.next += int64(camillaInterval * 1e9)
		c.adjust(c.level.take())
	}
	return Decision{Ratio: c.ratio}
}

func (c *camilla) adjust(level float64) {
	target := c.s.Latency
	if c.step == camillaSteps && math.Abs(target-level)/target > 0.33 {
		c.step = 0
	}
	if c.step == 0 {
		c.begin = level
	}
	if c.step < camillaSteps {
		c.step++
		left := float64(camillaSteps-c.step) / camillaSteps
		target = c.begin + (target-c.begin)*(1-math.Pow(left, 4))
	}
	e := (level - target) / (camillaInterval * float64(c.s.Source.Rate))
	c.accumulated += e * camillaInterval
	c.ratio = 1 / (1 - max(-0.005, min(0.005, 0.2*e+0.004*c.accumulated)))
}

// alsaloop is alsaloop with a resampler or a pitch control: every 15 s, the average of what is queued, in whole
// frames. If that is beyond the wanted latency and has grown, the ratio goes up by 2 ÷ (4 × rate); if it has
// not changed, by half of it; if it shrinks, not at all. Likewise below.
type alsaloop struct {
	s      Scenario
	queued average
	next   int64
	ratio  float64
	before int64
	sounds bool
}

func newAlsaloop(s Scenario) *alsaloop { return &alsaloop{s: s, ratio: 1} }

// Source does nothing: one thread serves both sides.
func (*alsaloop) Source(_, _ int64, _ Reading) {}

// Sink adjusts every 15 s.
func (a *alsaloop) Sink(_, _ int64, r Reading) Decision {
	const interval = 15e9
	if !a.sounds {
		if r.Written == 0 {
			return Decision{Ratio: 1, Silent: true}
		}
		a.sounds, a.next = true, r.Now+interval
		return Decision{Ratio: 1, Shift: int64(math.Round(r.Queued - a.s.Latency))}
	}
	a.queued.add(r.Queued)
	if r.Now >= a.next {
		a.next += interval
		a.adjust(int64(a.queued.take() - a.s.Latency))
	}
	return Decision{Ratio: a.ratio}
}

func (a *alsaloop) adjust(off int64) {
	step := 1 / (4 * float64(a.s.Source.Rate))
	sign := int64(1)
	if off < 0 {
		sign = -1
	}
	switch grown := sign * (off - a.before); {
	case off == 0 || grown < 0:
	case grown == 0:
		a.ratio += float64(sign) * step
	default:
		a.ratio += 2 * float64(sign) * step
	}
	a.before = off
}
