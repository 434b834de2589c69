package history

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/mixer/metering"
	"github.com/loopbridge/loopbridge/servo"
	"github.com/loopbridge/loopbridge/tap"
)

// place is a place with what is known of it.
type place struct {
	place          tap.Place
	listener       *tap.Listener
	ear            ear
	reading        metering.Reading
	peak, loudness column
}

func listen(hub *tap.Hub, at tap.Place) *place {
	p := &place{place: at}
	p.listener = hub.Listen(at, &p.ear)
	return p
}

func (p *place) step() {
	peak, loudness := p.ear.read(&p.reading)
	p.peak.add(peak)
	p.loudness.add(loudness)
}

func (p *place) skip() {
	p.peak.add(Unknown)
	p.loudness.add(Unknown)
}

// ear measures what the hub hears.
type ear struct {
	mu    sync.Mutex
	meter *metering.Meter // nil: nothing can be heard
	fresh bool            // there was sound since the last step
}

// Begin implements tap.Ear.
func (e *ear) Begin(f audio.Format) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.meter = nil; f.Channels > 0 {
		e.meter = metering.New(f, metering.Levels|metering.Loudness)
	}
}

// Hear implements tap.Ear.
func (e *ear) Hear(frames []float32, _ int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.meter != nil {
		e.meter.Measure(frames)
		e.fresh = true
	}
}

// read returns what was heard in a step.
func (e *ear) read(r *metering.Reading) (peak, loudness int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.meter == nil || !e.fresh {
		return Unknown, Unknown
	}
	e.fresh = false
	e.meter.Read(r)
	most := 0.0
	for i := range r.Channels {
		most = max(most, r.Channels[i].Peak)
	}
	loudest := r.MaxShortTerm
	e.meter.Reset()
	return clamp(100 * metering.DBFS(most)), clamp(100 * loudest)
}

// device is a device with what is known of it.
type device struct {
	name       string
	before     uint64 // xruns up to the last step
	xruns, ppm column
}

func (d *device) skip() {
	d.xruns.add(Unknown)
	d.ppm.add(Unknown)
}

func (d *device) step(e *loop.Engine) {
	if !e.Ticks() {
		d.skip()
		return
	}
	xruns, _ := e.Xruns()
	d.xruns.add(clamp(float64(xruns - d.before)))
	d.before = xruns
	ppm := int16(Unknown)
	var clock servo.Estimate
	if e.Clock().Load(&clock) && clock.Locked {
		ppm = clamp(10 * clock.PPM())
	}
	d.ppm.add(ppm)
}
