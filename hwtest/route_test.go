package hwtest_test

import (
	"fmt"
	"math"
	"os/exec"
	"slices"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// bridgeTemplate is a route from the end of a cable of snd-aloop to a card.
const bridgeTemplate = `
[[device]]
name = "in"
backend = "alsa"
card = "id:` + cable + `,1"
rate = 48000
channels = 2
format = "S16_LE"
period = "480"
periods = 4
record = {}

[[device]]
name = "out"
backend = "alsa"
card = "%s"
rate = 48000
channels = 2
format = "S16_LE"
period = "480"
periods = %d
play = {}

[[route]]
name = "bridge"
from = "in"
to = "out"
latency = "%dms"
drift = "%s"
quality = "%s"
`

// bridgeTo starts a daemon with a route from the cable to a card with a buffer of so many periods, and waits until it
// flows.
func (b *bench) bridgeTo(card string, periods, latency int, drift string) *daemon {
	b.Helper()
	d := b.launch(fmt.Sprintf(bridgeTemplate, card, periods, latency, drift, b.quality()))
	d.until("the route flows", func() bool { return d.route("bridge").State == "flowing" })
	return d
}

// bridgeToEar is bridgeTo for a card that is no cable.
func (b *bench) bridgeToEar(ear plan.Ear) *daemon {
	b.Helper()
	return b.bridgeTo(cardName(b, ear), wish(ear, 480).Periods, 60, "resample")
}

// routeFollows sends a tone through a route whose source is fast or slow, and listens to it at the other end.
func routeFollows(b *bench) {
	defer b.shift(0)
	t := b.records("hw:"+cable+",1,1", 48000)
	for _, ppm := range []int{0, 200} {
		b.shift(ppm)
		stop := b.feedCable()
		d := b.bridgeTo("id:"+cable+",0", 2, 40, "resample") // the first cable is in use: it gets the second
		b.hearsRoute(d, ppm, t)
		d.stop()
		stop()
	}
}

// cable is the card that records for others, with a clock that can be moved. snd-aloop then advances both
// ends of a cable by what is due at either, so that its rate wanders by some ten ppm for seconds.
const cable = "Loopback"

// feedCable lets aplay play the tone into the cable until stop is called.
func (b *bench) feedCable() (stop func()) {
	b.Helper()
	return b.feed(exec.Command("aplay", aplay("hw:"+cable+",0,0", hear.CountFormat(48000))...), 48000)
}

// routeCrosses is routeFollows from the cable to a card that is no cable, as a route of two devices.
func routeCrosses(b *bench) {
	const ppm = 200
	ear := b.clocked()
	defer b.shift(0)
	b.shift(ppm)
	defer b.feedCable()()
	d := b.bridgeToEar(ear)
	defer d.stop()
	b.hearsRoute(d, ppm, b.tape(ear))
}

// quality is that of the resampler. The machine has no vector instructions, and half of it is needed for "good".
func (b *bench) quality() string {
	if thorough() {
		return "good"
	}
	return "fast"
}

// clocked is an ear of a card that moves like a clock, with everything turned up. Other emulations move when
// QEMU looks, each 10 ms.
func (b *bench) clocked() plan.Ear {
	b.Helper()
	ear := b.card.Ears[0]
	if ear.Period != 0 || ear.Rate != 48000 {
		b.without("its emulation moves in steps of 10 ms")
	}
	b.open(ear)
	return ear
}

// joinTemplate is a device of both cards.
const joinTemplate = `
[[device]]
name = "main"
backend = "alsa"
rate = %d
channels = 2
format = "S16_LE"
period = "480"
periods = %d
monitor_gain = 255
play = { card = "%s" }
record = { card = "id:` + cable + `,1", latency = "60ms" }
`

// joinMonitors listens to what one card records in what the other one of the same device plays.
func joinMonitors(b *bench) {
	const ppm = -200
	ear := b.clocked()
	defer b.shift(0)
	b.shift(ppm)
	defer b.feedCable()()
	d := b.launch(fmt.Sprintf(joinTemplate, ear.Rate, wish(ear, 480).Periods, cardName(b, ear)))
	defer d.stop()
	t := b.tape(ear)
	d.until("sounds", func() bool { return t.frames() > 0 })
	b.hearsTone(fmt.Sprintf("%+d ppm", ppm), t, b.settles(t))
}

// settles waits until the clocks should be known, and returns the frame.
func (b *bench) settles(t tape) (from int64) {
	b.Helper()
	from = t.frames() + int64(longPlay()/2)
	b.until("clocks are known", func() bool { return t.frames() >= from })
	return from
}

// shiftOf names the control that moves what records from an end of a cable.
func shiftOf(device, subdevice int) string {
	return fmt.Sprintf("iface=PCM,name='PCM Rate Shift 100000',device=%d,subdevice=%d", device, subdevice)
}

// shift makes the clock of the first cable fast or slow.
func (b *bench) shift(ppm int) {
	b.Helper()
	for device := range 2 {
		b.tool("amixer", "-c", cable, "cset", shiftOf(device, 0), fmt.Sprint(100000-ppm/10))
	}
}

// hearsRoute judges what comes of the tone. A clock that is not shifted is steady, so the route locks.
func (b *bench) hearsRoute(d *daemon, ppm int, t tape) {
	b.Helper()
	if ppm == 0 {
		d.until("the route has locked", func() bool { c := d.route("bridge").Clock; return c != nil && c.State == "locked" })
	}
	from := b.settles(t)
	before := d.route("bridge")
	b.hearsTone(fmt.Sprintf("%+d ppm", ppm), t, from)
	r := d.route("bridge")
	b.say("the route: %s, %.2f ppm, latency %.3f of %.3f ms, %d resyncs, %d missing", r.Clock.State, *r.Clock.PPM,
		*r.Clock.Latency, r.Clock.Target, r.Clock.Resyncs, r.Missing)
	if r.Clock.Resyncs != before.Clock.Resyncs || r.Missing != before.Missing {
		b.Errorf("%+d ppm: %d resyncs, %d missing frames while it was heard", ppm, r.Clock.Resyncs-before.Clock.Resyncs,
			r.Missing-before.Missing)
	}
	if off := *r.Clock.PPM - float64(ppm); math.Abs(off) > 300 || ppm == 0 && math.Abs(off) > 1 {
		b.Errorf("%+d ppm: the route says %.2f", ppm, *r.Clock.PPM)
	}
}

// hearsTone judges the tone from a frame on.
func (b *bench) hearsTone(what string, t tape, from int64) {
	b.Helper()
	n := int64(2 * longPlay())
	if !thorough() {
		n = int64(longPlay() / 2)
	}
	h := b.hearsParts(t, from, n)
	b.say("%s: %s", what, h)
	if h.breaks > 0 || !(h.worst < -50) || h.most-h.least > 500 {
		b.Errorf("%s: %s", what, h)
	}
}

// heard is what a tone was like.
type heard struct {
	seconds     int64
	breaks      int
	parts, bad  int     // of a tenth of a second; and those that are no tone
	least, most float64 // ppm by which it is too high
	worst       float64 // dB: the largest residual
}

func (h heard) String() string {
	return fmt.Sprintf("%d s, %d breaks, %d of %d parts disturbed, %+.0f to %+.0f ppm, residual at most %.1f dB", h.seconds, h.breaks,
		h.bad, h.parts, h.least, h.most, h.worst)
}

// hearsParts listens to n frames of the tone in parts that are so short that a clock is steady.
func (b *bench) hearsParts(t tape, from, n int64) heard {
	b.Helper()
	b.until("there is enough", func() bool { return t.frames() >= from+n })
	x := hear.Sound{Format: hear.CountFormat(t.rate), PCM: t.read(from, n)}.Channel(0)
	h := heard{seconds: n / int64(t.rate), breaks: len(hear.Breaks(x, t.rate)), worst: math.Inf(-1), least: math.Inf(1), most: math.Inf(-1)}
	for part := range slices.Chunk(x, t.rate/10) {
		tone := hear.FitTone(part, t.rate)
		h.worst = max(h.worst, tone.Residual)
		if h.parts++; !(tone.Residual < -50) {
			h.bad++
			continue
		}
		ppm := (tone.Hertz/toneHertz - 1) * 1e6
		h.least, h.most = min(h.least, ppm), max(h.most, ppm)
	}
	return h
}

// route is a route of the daemon, or nothing before that listens.
func (d *daemon) route(name string) (r api.Route) {
	r, _ = d.control.Route(d.b.Context(), name)
	return r
}
