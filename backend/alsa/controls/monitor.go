package controls

import (
	"math"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// monitorPath leads from an input to the outputs within the card.
type monitorPath struct {
	port   audio.Ports
	base   string
	sw     *Element // may be nil
	volume *Element // of this path only; may be nil
	also   []step   // set along with it
}

// monitorPaths finds the paths of the inputs: 'Mic Playback Volume' and 'Mic Playback Switch'.
// The volume of ES1370 also changes the recording, so it is left alone.
func (b *binder) monitorPaths(record *side) (paths []monitorPath) {
	for _, p := range record.ports {
		for _, w := range p.ways {
			for _, base := range []string{w.base, monitorBase(p.bit)} {
				if base == "" || slices.ContainsFunc(paths, func(p monitorPath) bool { return p.base == base }) {
					continue
				}
				path := monitorPath{port: p.bit, base: base, sw: b.toggle(base + " Playback Switch"),
					volume: b.volume(base + " Playback Volume")}
				if path.sw == nil && path.volume == nil {
					continue
				}
				if mute := b.toggle(base + " Switch"); mute != nil {
					path.also = append(path.also, step{mute.ID, mute.onValues(true)})
				}
				if e := b.choice("Loopback Mixing"); e != nil {
					if on := slices.Index(e.Items, "Enabled"); on >= 0 {
						path.also = append(path.also, step{e.ID, e.all(int64(on))})
					}
				}
				paths = append(paths, path)
				break
			}
		}
	}
	return paths
}

// monitorBase returns the usual driver name of an input.
func monitorBase(port audio.Ports) string {
	return map[audio.Ports]string{
		audio.PortMicrophone: "Mic", audio.PortLineIn: "Line", audio.PortCD: "CD", audio.PortAux1In: "Aux",
		audio.PortAux2In: "Video",
	}[port]
}

// HasMonitor reports whether the card can play any of its inputs without software.
func (c *Card) HasMonitor() bool { return len(c.monitors) > 0 }

// SetMonitor sets how loud the selected inputs are heard at the outputs, as a gain of 0..255, to
// the nearest step of the card. A path without a volume is on from half of the amplitude. It
// returns the level in dB: −∞ for silence, NaN if the card does not say. It silences all other
// inputs, and a later Select moves the path along. It returns audio.ErrUnsupported if the
// selected inputs have no path or none is selected.
func (c *Card) SetMonitor(gain int) (heard float64, err error) {
	if gain < 0 || gain > mixer.MaxGain {
		return 0, audio.ErrInvalid.With("monitor_gain = %d: out of range, use 0..%d", gain, mixer.MaxGain)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if heard, err = c.setMonitorLocked(gain); err == nil {
		c.monitor = gain
	}
	return heard, err
}

// MonitorGain reads how loud the selected inputs are heard at the outputs, as the nearest gain of
// 0..255. Errors as for SetMonitor.
func (c *Card) MonitorGain() (gain int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	selected, err := c.selectedLocked(audio.Record)
	if err != nil {
		return 0, err
	}
	reached := false
	for _, p := range c.monitors {
		if selected&p.port == 0 {
			continue
		}
		reached = true
		heard, err := c.pathGain(p)
		if err != nil {
			return 0, err
		}
		gain = max(gain, heard)
	}
	if !reached {
		return 0, noMonitor(selected)
	}
	return gain, nil
}

// pathGain returns the gain of a path.
func (c *Card) pathGain(p monitorPath) (gain int, err error) {
	if p.sw != nil {
		if on, err := c.switchedOn(p.sw); !on {
			return 0, err
		}
	}
	if p.volume == nil {
		return mixer.MaxGain, nil
	}
	v, err := c.controls.Read(p.volume.ID)
	if err != nil {
		return 0, err
	}
	for _, x := range v {
		gain = max(gain, p.gain(x))
	}
	return gain, nil
}

func noMonitor(selected audio.Ports) error {
	return audio.ErrUnsupported.With(`the card has no path from %s to its outputs; use monitor = "software"`,
		selected.Names(audio.Record))
}

func (c *Card) setMonitorLocked(gain int) (heard float64, err error) {
	selected, err := c.selectedLocked(audio.Record)
	if err != nil {
		return 0, err
	}
	on := map[string]bool{} // by base: front or rear microphone
	for bit := range selected.All() {
		if p := c.sides[audio.Record].find(bit); p != nil {
			on[c.usedBase(p)] = true
		}
	}
	heard, reached := math.Inf(-1), false
	var off, steps []step
	for _, p := range c.monitors {
		if selected&p.port == 0 || !on[p.base] && c.hasOther(p, on) {
			off = append(off, p.steps(0)...)
			continue
		}
		reached = true
		steps = append(steps, p.steps(gain)...)
		heard = max(heard, p.level(gain))
	}
	if !reached && gain > 0 && selected == 0 && c.HasMonitor() {
		first := c.monitors[0].port
		return 0, audio.ErrUnsupported.With("the card's inputs are all off; switch one on, such as record.port=%s",
			first.Names(audio.Record))
	}
	if !reached && gain > 0 {
		return 0, noMonitor(selected)
	}
	return heard, c.applyLocked(append(off, steps...))
}

// usedBase returns the base of the way that is on.
func (c *Card) usedBase(p *port) string {
	for i := range p.ways {
		if on, err := c.isOn(&p.ways[i]); err == nil && on {
			return p.ways[i].base
		}
	}
	return p.ways[0].base
}

// hasOther reports whether another path of the same port is in use.
func (c *Card) hasOther(path monitorPath, on map[string]bool) bool {
	return slices.ContainsFunc(c.monitors, func(o monitorPath) bool { return o.port == path.port && on[o.base] })
}

// steps returns the steps that set the path to a gain.
func (p monitorPath) steps(gain int) (steps []step) {
	audible := gain > 0 && (p.volume != nil || gain > mixer.MaxGain/2)
	if p.volume != nil && (gain > 0 || p.sw == nil) {
		steps = append(steps, step{p.volume.ID, p.volume.all(p.value(gain))})
	}
	if audible {
		steps = append(steps, p.also...)
	}
	if p.sw != nil {
		steps = append(steps, step{p.sw.ID, p.sw.onValues(audible)})
	}
	return steps
}

// value returns the value of the volume for a gain: linear in the range if there is no scale.
func (p monitorPath) value(gain int) int64 {
	if p.volume.Scale.Known() {
		return p.volume.Scale.Nearest(mixer.Decibels(gain))
	}
	return p.volume.Min + int64(math.Round(float64(p.volume.Max-p.volume.Min)*float64(gain)/mixer.MaxGain))
}

// gain is the inverse of value.
func (p monitorPath) gain(value int64) int {
	switch width := p.volume.Max - p.volume.Min; {
	case p.volume.Scale.Known():
		return mixer.FromDecibels(p.volume.Scale.Decibels(value))
	case width > 0:
		return int(math.Round(float64(value-p.volume.Min) / float64(width) * mixer.MaxGain))
	}
	return 0
}

// level returns the level in dB.
func (p monitorPath) level(gain int) float64 {
	switch {
	case p.volume == nil && gain > mixer.MaxGain/2:
		return 0
	case p.volume == nil, gain == 0 && p.sw != nil:
		return math.Inf(-1)
	case !p.volume.Scale.Known():
		return math.NaN()
	}
	return p.volume.Scale.Decibels(p.value(gain))
}
