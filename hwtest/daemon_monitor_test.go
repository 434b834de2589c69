package hwtest_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/mixer"
)

// monitorsItsInput listens with nobody playing or recording but the monitor:
//
//	aplay ─▶ hw:Loopback,0 ─▶ device 1: input ─▶ monitor_gain ─▶ output ─▶ hw:Loopback,0 ─▶ arecord
func monitorsItsInput(b *bench) {
	inside := plan.Ear{PCM: 1, Rate: 48000}
	outside := "hw:" + b.card.ID + ",0,0"
	d := b.daemon(inside, "record = {}")
	t := b.records(outside, inside.Rate)
	defer d.stop()
	defer b.feed(exec.Command("aplay", aplay(outside, hear.CountFormat(inside.Rate))...), inside.Rate)()

	type state struct {
		monitor, play, record int
		muted                 bool
	}
	var said []string
	for _, s := range []state{
		{255, 255, 255, false}, {128, 255, 255, false}, {31, 255, 255, false}, {0, 255, 255, false},
		{128, 128, 64, false}, {128, 128, 64, true},
	} {
		what := strconv.Itoa(s.monitor)
		set := []string{
			"monitor_gain=" + what, "output_muted=" + strconv.FormatBool(s.muted),
			"play.gain=" + strconv.Itoa(s.play), "record.gain=" + strconv.Itoa(s.record),
		}
		if s.play != mixer.MaxGain {
			what += " with record.gain=64 play.gain=128"
		}
		want := mixer.Decibels(s.monitor) + mixer.Decibels(s.play) + mixer.Decibels(s.record)
		if s.muted {
			what, want = what+" muted", math.Inf(-1)
		}
		d.set(set...)
		said = append(said, d.hears(t, what, both(want)))
	}
	b.say("monitor_gain %s", strings.Join(said, ", "))
}

// records is what a PCM has to record until the end of the case.
func (b *bench) records(pcm string, rate int) tape {
	b.Helper()
	file := filepath.Join(b.TempDir(), "recorded")
	recorder := exec.Command("arecord", "-q", "-D", pcm, "-t", "raw", "-f", "S16_LE", "-c", "2", "-r", strconv.Itoa(rate),
		"--period-size=480", "--buffer-size=9600", file)
	recorder.Stderr = os.Stderr
	if err := recorder.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() {
		recorder.Process.Kill()
		recorder.Wait()
	})
	t := tape{b, file, 0, rate}
	b.until("arecord records", func() bool { return t.frames() > 0 })
	return t
}
