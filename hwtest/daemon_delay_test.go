package hwtest_test

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// daemonPlaysOut is heard at the other side of snd-aloop to the last frame, although the
// card stops when its only program has gone.
func daemonPlaysOut(b *bench) {
	defer b.shiftRate(0)
	const rate = 48000
	d := b.daemon(plan.Ear{Rate: rate})
	t := b.records("hw:"+b.card.ID+",1,0", rate)
	for _, ppm := range []int{0, 200, -200} {
		b.shiftRate(ppm)
		d.playsOut(t, rate)
		b.say("%+d ppm", ppm)
	}
	d.stop()
}

// playsOut plays a file without silence at its end.
func (d *daemon) playsOut(t tape, rate int) {
	d.b.Helper()
	before := t.frames()
	d.playsFile(d.b.numbered(rate, rate, 0))
	end := t.frames() + int64(rate/2)
	d.b.until("the recording goes on", func() bool { return t.frames() > end })
	d.b.follow("", t.read(before, end-before), rate)
}

// monitorIsLate measures the way from a microphone through the monitor to a speaker:
//
//	numbered frames ─▶ hw:Loopback,0 ─▶ device 1: input ─▶ monitor ─▶ output ─▶ hw:Loopback,0
//
// snd-aloop moves frames when the kernel's timer ticks, every 4 ms, and wakes a tick late or
// two: what its streams do may be as far apart, and a period of 128 needs a rate at which it
// is as long as that.
func monitorIsLate(b *bench) {
	for _, c := range []struct{ rate, period, periods int }{{12000, 128, 2}, {48000, 256, 3}} {
		d := b.daemonAt(plan.Ear{PCM: 1, Rate: c.rate}, c.period, c.periods, "record = {}")
		b.say("%d x %d at %d Hz:", c.periods, c.period, c.rate)
		if says := d.monitorsLate(c.rate); says != c.periods*c.period {
			b.Errorf("it says %d frames, want %d", says, c.periods*c.period)
		}
		d.stop()
	}
}

// monitorsLate compares the delay of the monitor with what the device says of it.
func (d *daemon) monitorsLate(rate int) (says int) {
	d.b.Helper()
	d.set("monitor_gain=255")
	d.until("monitors", func() bool { return d.info().Record.Samples > 0 })
	late := d.b.late(rate)
	i := d.info()
	says = i.Record.Delay + i.Play.Delay
	d.b.say("it says %d + %d frames, and is %d late", i.Record.Delay, i.Play.Delay, late)
	if tick := rate / 250; late < says-tick || late > says+tick {
		d.b.Errorf("it is %d frames late, and says %d", late, says)
	}
	return says
}

// late is by how many frames later than it is played a sound comes back to device 0.
func (b *bench) late(rate int) int {
	b.Helper()
	lead, frames := rate/2, rate
	s := b.duplex(0, rate)
	defer s.Close()
	own, _ := backend.As[backend.Delayer](s)
	sound, heard := slices.Concat(make([]byte, 4*lead), hear.Count(1, frames)), present(4*(2*lead+frames))
	var written, read, out, in int // frames, and the position of frame 0 at the ear and at the microphone
	lost, err := exchange(s, sound, heard, func(t backend.Tick) {
		play, record := own.Delay()
		written, read = written+t.Writable, read+t.Readable
		if t.Position < uint64(lead) { // what the card holds has settled
			out, in = int(t.Position)+play-written, int(t.Position)-record-read
		}
	})
	if err != nil || len(lost) > 0 {
		b.Fatalf("%v, xruns: %s", err, costs(lost))
	}
	got := hear.Follow(heard)
	if len(got.Faults) > 0 || got.Last != uint32(frames) || got.First != 1 {
		b.Fatalf("frames %d to %d came, want 1 to %d; %d faults: %v", got.First, got.Last, frames, len(got.Faults), got.Faults[:min(3, len(got.Faults))])
	}
	return got.From + in - (lead + out)
}

// daemonIsOpenedWithoutItsCard is played on when the card was unplugged while nobody did:
// the program hears of nothing, and the card takes over when it is back.
func daemonIsOpenedWithoutItsCard(b *bench) {
	const cycles = 8
	ear := b.card.Ears[0]
	d := b.daemon(ear)
	sound := hear.Sine(hear.CountFormat(ear.Rate), toneHertz, toneAmplitude, 3*ear.Rate)
	for cycle := range cycles {
		if err := lab.Ask("unplug " + b.card.Unplug); err != nil {
			b.Fatalf("%v", err)
		}
		b.until("the card is gone", func() bool { return !b.there() })
		time.Sleep(time.Duration(cycle) * 20 * time.Millisecond) // the daemon hears of it, or not yet
		player := d.program("play", "--raw", "-r", fmt.Sprint(ear.Rate), "-c", "2", "-f", "S16_LE", "speaker")
		var said bytes.Buffer
		player.Stdin, player.Stderr = bytes.NewReader(sound), &said
		if err := player.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		d.until("runs without its card", func() bool { return d.runsOn() == "null" })
		if err := lab.Ask("plug " + b.card.Unplug); err != nil {
			b.Fatalf("%v", err)
		}
		if err := player.Wait(); err != nil {
			b.Errorf("cycle %d: the player: %v %s", cycle+1, err, said.Bytes())
		}
		d.until("has its card back", func() bool { return d.runsOn() == cardName(b, ear) })
	}
	d.stop()
	b.say("%d times", cycles)
}
