package hwtest_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// routeTemplate is a route from the end of one cable of snd-aloop to the begin of another, whose clock is
// not that of the first: the first is in use, so the daemon gets the second to play on.
const routeTemplate = `
[[device]]
name = "in"
backend = "alsa"
card = "id:%[1]s,1"
rate = 48000
channels = 2
format = "S16_LE"
period = "480"
record = {}

[[device]]
name = "out"
backend = "alsa"
card = "id:%[1]s,0"
rate = 48000
channels = 2
format = "S16_LE"
period = "480"
play = {}

[[route]]
name = "bridge"
from = "in"
to = "out"
latency = "40ms"
drift = "resample"
`

// routeFollows sends a tone through a route whose source is fast or slow, and listens to it at the other end.
func routeFollows(b *bench) {
	defer b.shiftFirst(0)
	for _, ppm := range []int{0, 200, -200} {
		b.shiftFirst(ppm)
		stop := b.feed(exec.Command("aplay", aplay("hw:"+b.card.ID+",0,0", hear.CountFormat(48000))...), 48000)
		d := b.launch(fmt.Sprintf(routeTemplate, b.card.ID))
		d.until("the route flows", func() bool { return d.route("bridge").State == "flowing" })
		b.hearsTone(d, fmt.Sprintf("%+d ppm", ppm), float64(ppm))
		d.stop()
		stop()
	}
}

// shiftFirst makes the clock of the first cable of snd-aloop fast or slow.
func (b *bench) shiftFirst(ppm int) {
	b.Helper()
	for device := range 2 {
		b.amixer("cset", fmt.Sprintf("iface=PCM,name='PCM Rate Shift 100000',device=%d,subdevice=0", device), fmt.Sprint(100000-ppm/10))
	}
}

// hearsTone judges what comes out of the second cable, once the route has locked.
func (b *bench) hearsTone(d *daemon, what string, ppm float64) {
	b.Helper()
	t := b.records("hw:"+b.card.ID+",1,1", 48000)
	d.until("the route has locked", func() bool { c := d.route("bridge").Clock; return c != nil && c.State == "locked" })
	from, n := t.frames(), int64(longPlay())
	b.until("there is enough", func() bool { return t.frames() >= from+n })
	x := hear.Sound{Format: hear.CountFormat(48000), PCM: t.read(from, n)}.Channel(0)
	tone, breaks := hear.FitTone(x[len(x)-48000:], 48000), hear.Breaks(x, 48000)
	r := d.route("bridge")
	b.say("%s: %.2f ppm, latency %.3f of %.3f ms, %d resyncs, %d missing; %d breaks, %.3f Hz, residual %.1f dB", what,
		*r.Clock.PPM, *r.Clock.Latency, r.Clock.Target, r.Clock.Resyncs, r.Missing, len(breaks), tone.Hertz, tone.Residual)
	if len(breaks) > 0 {
		b.Errorf("%s: %d breaks, the first %+v", what, len(breaks), breaks[0])
	}
	if want := toneHertz * (1 + ppm*1e-6); math.Abs(tone.Hertz-want) > 0.05 || tone.Residual > -80 {
		b.Errorf("%s: %.3f Hz, want %.3f; residual %.1f dB", what, tone.Hertz, want, tone.Residual)
	}
}

// route is a route of the daemon, or nothing before that listens.
func (d *daemon) route(name string) (r api.Route) {
	d.b.Helper()
	out, err := d.program("route", "ls", "--json").Output()
	if err != nil {
		return r
	}
	var all api.Routes
	if err := json.Unmarshal(out, &all); err != nil {
		d.b.Fatalf("%v: %s", err, out)
	}
	for _, r := range all.Routes {
		if r.Name == name {
			return r
		}
	}
	return r
}
