package servo

import "math"

// Stepper drives a pitch control that has steps, such as "PCM Rate Shift 100000" of snd-aloop, of
// 10 ppm: it changes to and fro between two steps, so that the sum of what was played is as if the
// rate had been exact. It is plain data, serves one goroutine, and allocates nothing.
type Stepper struct {
	Unit        float64 // of the control, as a part of the rate: 1e-5 is 10 ppm
	Least, Most int     // the control's range; 0 is the nominal rate
	Every       int64   // ns between two changes, at least
	Value       int     // what the control is set to
	Begun       bool
	Now         int64   // the last step
	Changed     int64   // the last change, in ns
	Owed        float64 // what should have been played and was not, in s
}

// NewStepper returns a stepper for a control of a unit and a range, changed every so many ns at
// most: with 0.1 s and a unit of 10 ppm, sound moves to and fro by a quarter of a microsecond.
func NewStepper(unit float64, least, most int, every int64) *Stepper {
	return &Stepper{Unit: unit, Least: least, Most: most, Every: every}
}

// Step takes the wanted rate, as a factor of the nominal one, at a time in ns. It returns the value
// for the control, and the factor that the control then applies.
func (p *Stepper) Step(now int64, wanted float64) (value int, applied float64) {
	wanted--
	if !p.Begun {
		p.Begun, p.Now, p.Changed = true, now, now-p.Every
	}
	p.Owed += (wanted - float64(p.Value)*p.Unit) * float64(now-p.Now) * 1e-9
	p.Now = now
	if now-p.Changed >= p.Every {
		p.Changed = now
		// As close as it gets, and what is owed is back by the next change.
		exact := wanted / p.Unit
		back := p.Owed / max(float64(p.Every)*1e-9, 1e-3) / p.Unit
		value := math.Round(exact + max(-1, min(1, back)))
		p.Value = int(max(float64(p.Least), min(float64(p.Most), value)))
	}
	most := 2 * p.Unit // s: a control at its end owes no more than that
	p.Owed = max(-most, min(most, p.Owed))
	return p.Value, 1 + float64(p.Value)*p.Unit
}
