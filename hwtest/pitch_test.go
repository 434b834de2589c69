package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// cablePitch reads the control of an end of snd-aloop that records.
func (b *bench) cablePitch(device, subdevice int) (value int) {
	b.Helper()
	said := b.tool("amixer", "-c", cable, "cget", shiftOf(device, subdevice))
	if m := regexp.MustCompile(`: values=(\d+)`).FindStringSubmatch(said); m != nil {
		value, _ = strconv.Atoi(m[1])
	}
	return value
}

// counts lets aplay play numbered frames until stop is called. Its period is that of the recorder: the kernel lets
// a cable that is moved wander if its ends have different ones.
func (b *bench) counts(pcm string) (stop func()) {
	b.Helper()
	player := exec.Command("aplay", append(aplay(pcm, hear.CountFormat(48000)), "--period-size=480", "--buffer-size=9600")...)
	player.Stderr = os.Stderr
	in, err := player.StdinPipe()
	if err == nil {
		err = player.Start()
	}
	if err != nil {
		b.Fatalf("%v", err)
	}
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		defer in.Close()
		for first := uint32(1); ; first += 4800 {
			if _, err := in.Write(hear.Count(first, 4800)); err != nil {
				return
			}
		}
	}()
	return func() {
		player.Process.Kill()
		player.Wait()
		<-fed
	}
}

// carries sends numbered frames through a route by pitch to a card, and follows them where they are heard.
func (b *bench) carries(what, card string, heard func() tape) {
	b.Helper()
	stop := b.counts("hw:" + cable + ",0,0")
	defer stop()
	d := b.bridgeTo(card, 4, 40, "pitch")
	t := heard()
	d.until("the route has locked", func() bool { c := d.route("bridge").Clock; return c != nil && c.State == "locked" })
	from, n := t.frames(), int64(longPlay())
	values := map[int]int{}
	b.until("there is enough", func() bool {
		values[b.cablePitch(1, 0)]++
		return t.frames() >= from+n
	})
	r, got := d.route("bridge"), hear.Follow(t.read(from, n))
	if r.Pitch == nil || r.Actuator != "pitch" || r.Clock.Latency == nil {
		b.Fatalf("%s: it is not by pitch: %+v", what, r)
	}
	b.say("%s: %s by %s of %s, %+.0f ppm; ratio %+.2f ppm, latency %.3f (%.3f to %.3f) of %.3f ms, %d resyncs, %d missing; frames %d to %d, %d faults; control %v",
		what, r.Clock.State, r.Actuator, r.Pitch.Device, r.Pitch.PPM, *r.Clock.PPM, *r.Clock.Latency, value(r.Clock.Least), value(r.Clock.Most),
		r.Clock.Target, r.Clock.Resyncs, r.Missing, got.First, got.Last, len(got.Faults), values)
	if len(got.Faults) > 0 || got.From > 0 || int64(got.Last-got.First) != n-1 {
		b.Errorf("%s: %d faults, the first of them %v", what, len(got.Faults), got.Faults[:min(1, len(got.Faults))])
	}
	d.stop()
	if at := b.cablePitch(1, 0); at != 100000 || len(values) < 2 {
		b.Errorf("%s: the control has been at %v, and is at %d in the end", what, values, at)
	}
}

// value is what a field of the API has, or −1.
func value(x *float64) float64 {
	if x == nil {
		return -1
	}
	return *x
}

// pitchCarriesToCable carries frames from one cable to another, whose clock is fast or slow.
func pitchCarriesToCable(b *bench) {
	shift := func(ppm int) {
		b.amixer("cset", shiftOf(1, 1), fmt.Sprint(100000-ppm/10))
	}
	defer shift(0)
	var t *tape
	heard := func() tape { // it goes on while there is no daemon
		if t == nil {
			r := b.records("hw:"+cable+",1,1", 48000)
			t = &r
		}
		return *t
	}
	for _, ppm := range []int{200, -200} {
		shift(ppm)
		b.carries(fmt.Sprintf("%+d ppm", ppm), "id:"+cable+",0", heard)
	}
}

// pitchCarriesToCard carries frames from a cable to another card.
func pitchCarriesToCard(b *bench) {
	ear := b.clocked()
	b.carries("from snd-aloop", cardName(b, ear), func() tape {
		b.open(ear) // an emulated codec forgets its volume when a stream begins
		return b.tape(ear)
	})
}
