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
	inside := plan.Ear{Rate: 48000}
	d := b.daemon(inside)
	file := b.numbered(inside.Rate, 0)
	t := b.records("hw:"+b.card.ID+",1,0", inside.Rate)
	for _, ppm := range []int{0, 200, -200} {
		b.shiftRate(ppm)
		before := t.frames()
		d.playsFile(file)
		end := t.frames() + int64(inside.Rate/2)
		b.until("the recording goes on", func() bool { return t.frames() > end })
		b.follow("", t.read(before, end-before), inside.Rate)
		b.say("%+d ppm", ppm)
	}
	d.stop()
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
		d.set("monitor_gain=255")
		d.until("monitors", func() bool { return d.info().Record.Samples > 0 })
		late := b.late(c.rate)
		i := d.info()
		says := i.Record.Delay + i.Play.Delay
		b.say("%d x %d at %d Hz: it says %d + %d frames, and is %d late", c.periods, c.period, c.rate, i.Record.Delay, i.Play.Delay, late)
		if tick := c.rate / 250; says != c.periods*c.period || late < says-tick || late > says+tick {
			b.Errorf("want %d frames, as late as it says", c.periods*c.period)
		}
		d.stop()
	}
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
