package hwtest_test

import (
	"encoding/json"
	"fmt"
	"math"
)

// cableTemplate is a device at each end of the first cable of snd-aloop.
const cableTemplate = `
[[device]]
name = "out"
backend = "alsa"
card = "id:%[1]s,0"
rate = %[2]d
channels = 2
format = "S16_LE"
period = "%[3]d"
periods = %[4]d
play = {}

[[device]]
name = "in"
backend = "alsa"
card = "id:%[1]s,1"
rate = %[2]d
channels = 2
format = "S16_LE"
period = "%[3]d"
periods = %[4]d
record = {}
`

// roundTrip is what loopbridge measure says, as JSON.
type roundTrip struct {
	Play     int `json:"play_delay_frames"`
	Record   int `json:"record_delay_frames"`
	Channels []struct {
		Found    bool
		Record   int     `json:"record_channel"`
		Latency  float64 `json:"latency_frames"`
		Level    float64 `json:"level_db"`
		Polarity int     `json:"polarity"`
	}
}

// measuresItsCable compares the round trip with what is said of it:
//
//	loopbridge measure ─▶ out ─▶ hw:Loopback,0 ─▶ hw:Loopback,1 ─▶ in ─▶ loopbridge measure
//
// A card that plays is filled to the end of its buffer, all of its periods, and one that records has none
// waiting when it has just been read: the sum of the periods that play is the round trip. snd-aloop moves frames when a
// timer of the kernel ticks, every 4 ms, so what its two streams do may be a tick apart.
func measuresItsCable(b *bench) {
	for _, c := range []struct{ rate, period, periods int }{{48000, 480, 2}, {48000, 256, 3}, {48000, 960, 3}, {44100, 441, 4}} {
		d := b.launch(fmt.Sprintf(cableTemplate, b.card.ID, c.rate, c.period, c.periods))
		for device, card := range map[string]string{"out": "id:" + b.card.ID + ",0", "in": "id:" + b.card.ID + ",1"} {
			d.until(device+" runs on the card", func() bool { return d.hardwareOf(device).RunsOn == card })
		}
		got := d.measures("out", "--record", "in", "--order", "14")
		d.stop()
		says, sum := got.Play+got.Record, c.period*c.periods
		for i, x := range got.Channels {
			b.say("%d x %d at %d Hz: channel %d is %.1f frames late, the periods are %d, the devices say %d + %d", c.periods, c.period,
				c.rate, i+1, x.Latency, sum, got.Play, got.Record)
			tick := float64(c.rate / 250)
			if !x.Found || x.Record != i+1 || x.Polarity != 1 || math.Abs(x.Level) > 1 {
				b.Errorf("channel %d: %+v", i+1, x)
			}
			if math.Abs(x.Latency-float64(sum)) > tick || math.Abs(x.Latency-float64(says)) > tick {
				b.Errorf("it is %.1f frames late, want %d, and the devices say %d", x.Latency, sum, says)
			}
		}
	}
}

// measures runs loopbridge measure.
func (d *daemon) measures(args ...string) (r roundTrip) {
	d.b.Helper()
	cmd := d.program(append([]string{"measure", "--json"}, args...)...)
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil || len(r.Channels) != 2 {
		d.b.Fatalf("loopbridge measure: %v: %s", err, out)
	}
	return r
}
