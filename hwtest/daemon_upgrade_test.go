package hwtest_test

import "bytes"

// daemonIsUpgraded replaces the daemon's program again and again while another one plays numbered frames on the card. Each
// time at most one gap is heard, which the daemon counts, of no more than the buffer of the card holds. That this is 120 ms is
// for the machine, a computer of 250 MIPS; its time is that of its instructions, so it says nothing of the host.
func daemonIsUpgraded(b *bench) {
	upgrades := 2
	if thorough() {
		upgrades = 20
	}
	ear := b.card.Ears[0]
	b.open(ear)
	period, periods := max(960, ear.Period), 6
	d := b.daemonAt(ear, period, periods)
	frames := (upgrades + 2) * ear.Rate
	before := b.recorded(ear).Frames()
	file := b.numbered(ear.Rate, frames, 2*pause)
	var said bytes.Buffer
	player := d.program("play", "speaker", file)
	player.Stderr = &said
	if err := player.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	defer player.Process.Kill()
	buffer := uint64(period * periods)
	var lost []uint64
	xruns := 0
	for n := range upgrades {
		d.until("plays", func() bool { return d.info().Play.Samples >= uint32((2*n+1)*ear.Rate/2) })
		was := d.hardware()
		d.upgrade()
		d.until("plays on", func() bool { return d.info().Play.Samples >= uint32((n+1)*ear.Rate) })
		now := d.hardware()
		lost = append(lost, now.Lost-was.Lost)
		xruns += int(now.Xruns - was.Xruns)
		if now.Xruns > was.Xruns+1 || now.Lost-was.Lost > buffer {
			b.Errorf("upgrade %d: %d xruns cost %d frames, want one of a buffer of %d at most", n+1, now.Xruns-was.Xruns, now.Lost-was.Lost, buffer)
		}
	}
	if err := player.Wait(); err != nil || said.Len() > 0 {
		b.Errorf("loopbridge play: %v: %s", err, said.Bytes())
	}
	d.stop()
	all := runsOf(fromFirst(b.recorded(ear).From(before).PCM))
	heard := gapsOf(all)
	b.say("of a buffer of %d frames, %d were lost; gaps: %v", buffer, lost, heard)
	if len(all) == 0 || all[0].first != 1 || all[len(all)-1].last != uint32(frames) || len(heard) > xruns {
		b.Errorf("there are %d gaps, of which %d are counted; the frames are %v", len(heard), xruns, all)
	}
	for _, g := range heard {
		if g.lost < 0 || max(g.lost, g.long) > int(buffer) {
			b.Errorf("a gap is not of a buffer of %d frames at most: %v", buffer, g)
		}
	}
}

// upgrade replaces the program of the daemon by the same one.
func (d *daemon) upgrade() {
	d.b.Helper()
	if said, err := d.program("upgrade").CombinedOutput(); err != nil {
		d.b.Fatalf("loopbridge upgrade: %v: %s", err, said)
	}
}
