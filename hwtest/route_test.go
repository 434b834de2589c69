package hwtest_test

import (
	"fmt"
	"math"

	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// routeTemplate is a route from the end of one cable of snd-aloop to the begin of another, whose clock is
// not that of the first.
const routeTemplate = `
[[device]]
name = "in"
backend = "alsa"
card = "hw:%[1]s,1,0"
play = false
record = {}
rate = 48000
channels = 2
format = "S16_LE"
period = "480"

[[device]]
name = "out"
backend = "alsa"
card = "hw:%[1]s,0,1"
rate = 48000
channels = 2
format = "S16_LE"
period = "480"

[[route]]
name = "bridge"
from = "in"
to = "out"
latency = "40ms"
`

// routeFollows sends a tone through a route whose source is fast or slow, and listens to it at the other end.
func routeFollows(b *bench) {
	shift := func(ppm int) {
		for device := range 2 {
			b.amixer("cset", fmt.Sprintf("iface=PCM,name='PCM Rate Shift 100000',device=%d,subdevice=0", device), fmt.Sprint(100000-ppm/10))
		}
	}
	defer shift(0)
	for _, ppm := range []int{0, 200, -200} {
		shift(ppm)
		d := b.launch(fmt.Sprintf(routeTemplate, b.card.ID))
		t := b.records("hw:"+b.card.ID+",1,1", 48000)
		stop := b.feed(b.aplayer("hw:"+b.card.ID+",0,0"), 48000)
		d.until("the route has locked", func() bool { return d.routeIs("bridge", "locked") })
		from := t.frames()
		b.until("there is enough", func() bool { return t.frames() >= from+int64(longPlay()) })
		s := hear.Sound{Format: hear.CountFormat(48000), PCM: t.read(from, int64(longPlay()))}
		x := s.Channel(0)
		tone := hear.FitTone(x[len(x)-4800:], 48000)
		b.say("%+d ppm: %s; %d breaks, %.2f Hz, residual %.1f dB", ppm, d.routeText("bridge"), len(hear.Breaks(x, 48000)), tone.Hertz, tone.Residual)
		if breaks := hear.Breaks(x, 48000); len(breaks) > 0 {
			b.Errorf("%+d ppm: %d breaks, the first %+v", ppm, len(breaks), breaks[0])
		}
		if want := toneHertz * (1 + float64(ppm)*1e-6); math.Abs(tone.Hertz-want) > 0.05 || tone.Residual > -80 {
			b.Errorf("%+d ppm: %.3f Hz, want %.3f; residual %.1f dB", ppm, tone.Hertz, want, tone.Residual)
		}
		stop()
		d.stop()
	}
}
