package hwtest_test

import (
	"strings"
	"sync"
	"time"
)

// daemonIsAsked plays on a card while operators ask the daemon all the time: each answer is garbage
// for it to collect, and a real-time thread must not wait for that. While it is collected the
// thread is an ordinary one, on a processor of 250 MIPS that has a lot else to do: it gets a buffer
// of 120 ms.
func daemonIsAsked(b *bench) {
	asks := 300
	if thorough() {
		asks = 900
	}
	ear := b.card.Ears[0]
	b.open(ear)
	d := b.daemonAt(ear, max(960, ear.Period), 6)
	silent := d.playsSilence("speaker")
	d.until("plays", func() bool { return d.info().Play.Samples > uint32(ear.Rate/2) })
	before := d.hardware()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for range asks / 3 {
				if _, err := d.control.Devices(b.Context()); err != nil {
					b.T.Error(err)
					return
				}
				time.Sleep(5 * time.Millisecond) // for the program that plays
			}
		})
	}
	all.Wait()
	now := d.hardware()
	silent()
	d.stop()
	b.say("asked %d times: %d xruns cost %d frames", asks, now.Xruns-before.Xruns, now.Lost-before.Lost)
	if now.Xruns > before.Xruns || strings.Contains(d.log.String(), "ran for too long") {
		b.Errorf("want none, and its thread as it was")
	}
}

// playsSilence has a program play on a loop until stop is called.
func (d *daemon) playsSilence(loop string) (stop func()) {
	d.b.Helper()
	player := d.program("play", "--raw", "-r", "48000", "-c", "2", "-f", "S16_LE", loop, "/dev/zero")
	if err := player.Start(); err != nil {
		d.b.Fatalf("%v", err)
	}
	return sync.OnceFunc(func() {
		player.Process.Kill()
		player.Wait()
	})
}
