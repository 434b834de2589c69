package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// sixIn is 5.1 with these positions.
func sixIn(t *testing.T, names string) audio.Format {
	t.Helper()
	p, err := audio.ParsePositions(names)
	if err != nil {
		t.Fatal(err)
	}
	return audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: p}
}

// letters are frames with the letters of order as channels.
func letters(order string, frames int) (p []byte) {
	for i := range frames {
		for _, c := range []byte(order) {
			p = append(p, byte(i), c)
		}
	}
	return p
}

// recordedWAV is a file that was recorded, and the positions of its mask.
func recordedWAV(t *testing.T, path string) (audio.Positions, []byte) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := wav.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	_, data := trial.ReadWAV(t, path)
	return w.Positions(), data
}

// Whatever the order on the loop, a recording has that of a WAV file, and its mask says so.
func TestRecordWritesPositions(t *testing.T) {
	socket := testDaemon(t)
	const frames = 4800
	for _, c := range []struct{ loop, played, mask, recorded string }{
		{"FL FR RL RR FC LFE", "LRlrCE", "FL FR FC LFE RL RR", "LRCElr"},
		{"SR SL LFE FC FR FL", "sSECRL", "FL FR FC LFE SL SR", "LRCESs"},
		{"FL FR FC LFE RL RR", "LRCElr", "FL FR FC LFE RL RR", "LRCElr"},
		{"", "LRlrCE", "FL FR FC LFE RL RR", "LRCElr"},                     // ALSA's
		{"FL FR FLW FRW FC LFE", "LRlrCE", "FL FR FC LFE RL RR", "LRlrCE"}, // no mask has them: it stays as it is
	} {
		out := filepath.Join(t.TempDir(), "out.wav")
		server := hold(t, socket, "loop0", pcm.Options{Direction: pcm.Write, Format: sixIn(t, c.loop)})
		recorded := background(t, nil, "--socket", socket, "record", "loop0", out)
		if _, err := server.Write(t.Context(), letters(c.played, frames)); err != nil {
			t.Fatal(err)
		}
		if err := server.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		server.Abandon()
		(<-recorded).want(t, exitOK)
		mask, data := recordedWAV(t, out)
		if mask.String() != c.mask || !bytes.Equal(data, letters(c.recorded, frames)) {
			t.Errorf("%q on the loop: the file has %s, and begins with %q, want %s, %q", c.loop, mask, data[:min(12, len(data))], c.mask, c.recorded)
		}
		waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return l.State == "closed" })
	}
}

// What a file's mask says is what a loop gets, and a file that is recorded from it.
func TestPlayReadsPositions(t *testing.T) {
	socket := testDaemon(t)
	dir := trial.TempDir(t)
	const frames = 4800
	for _, names := range []string{"FL FR FC LFE SL SR", "FL FR FC LFE RL RR", "FL FR FC LFE FLC FRC"} {
		in, out, raw := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav"), filepath.Join(dir, "out.raw")
		trial.WriteWAV(t, in, sixIn(t, names), letters("LRCElr", frames))
		recorded := background(t, nil, "--socket", socket, "record", "--wait", "loop0", out)
		cliRun(t, nil, "--socket", socket, "play", "--server", "loop0", in).want(t, exitOK)
		(<-recorded).want(t, exitOK)
		if mask, data := recordedWAV(t, out); mask.String() != names || !bytes.Equal(data, letters("LRCElr", frames)) {
			t.Errorf("of %s there is %s, and the frames are the same: %v", names, mask, bytes.Equal(data, letters("LRCElr", frames)))
		}
		// To a server that says nothing it is ALSA's order.
		recorded = background(t, nil, "--socket", socket, "record", "--server", "--channels", "6", "loop0", raw)
		cliRun(t, nil, "--socket", socket, "play", "--wait", "loop0", in).want(t, exitOK)
		(<-recorded).want(t, exitOK)
		if data, err := os.ReadFile(raw); err != nil || !bytes.Equal(data, letters("LRlrCE", frames)) {
			t.Errorf("%s arrives as %q, %v", names, data[:min(12, len(data))], err)
		}
	}
}

// ls shows positions where somebody has said them, and a client that has others.
func TestLsShowsPositions(t *testing.T) {
	socket := testDaemon(t, func(c *config.Config) { c.Loops[1].Format = sixIn(t, "FL FR FC LFE RL RR") })
	hold(t, socket, "loop0", pcm.Options{Direction: pcm.Read, Format: sixIn(t, "FL FR RL RR FC LFE")})
	hold(t, socket, "loop1", pcm.Options{Direction: pcm.Read})
	for _, f := range []audio.Format{sixIn(t, "FL FR FC LFE SL SR"), sixIn(t, "FL FR RL RR FC LFE")} {
		c := openClient(t, socket, "loop0", pcm.Options{Direction: pcm.Write, Format: f})
		o := cliRun(t, nil, "--socket", socket, "ls")
		o.want(t, exitOK)
		others := f.Positions.String() != "FL FR RL RR FC LFE"
		for want, is := range map[string]bool{
			`(?m)^loop0 +null +S16_LE 48000 Hz 6 ch FL FR RL RR FC LFE +paired `: true,
			`(?m)^loop1 +null +S16_LE 48000 Hz 6 ch FL FR FC LFE RL RR +idle `:   true,
			`(?m)^loop2 +null +S16_LE 48000 Hz 2 ch +closed `:                    true,
			` writes S16_LE 48000 Hz 6 ch FL FR FC LFE SL SR `:                   others,
			` writes S16_LE`: others,
		} {
			if regexp.MustCompile(want).MatchString(o.stdout) != is {
				t.Errorf("%s is there: not %v in\n%s", want, is, o.stdout)
			}
		}
		c.Abandon()
		waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return len(l.Clients) == 0 })
	}
	o := cliRun(t, nil, "--socket", socket, "ls", "--json")
	var all api.Loops
	if err := json.Unmarshal([]byte(o.stdout), &all); err != nil || all.Loops[1].Format.Positions.String() != "FL FR FC LFE RL RR" || all.Loops[2].Format.Positions.Known() {
		t.Errorf("%v: %v in %s", err, all, o.stdout)
	}
}

// A loop's configuration says where the channels of an attached device stand, and fits it.
func TestPositionsOfADevice(t *testing.T) {
	c, err := config.Parse("my.toml", []byte(strings.ReplaceAll(`
		[[device]]
		name = "main"
		backend = "null"
		channels = 6
		output = "discard"
		[[loop]]
		name = "speaker"
		server = { device = "main", side = "play" }
		positions = ["FL", "FR", "FC", "LFE", "RL", "RR"]
	`, "\t", "")))
	if err != nil || c.Loops[0].Format.Positions != wav.Positions(6) {
		t.Fatalf("%v, %v", c.Loops, err)
	}
	socket := testDaemon(t, func(to *config.Config) { to.Devices, to.Loops = c.Devices, c.Loops })
	p := openClient(t, socket, "speaker", pcm.Options{Direction: pcm.Write})
	if f := p.Format(); f != (audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: wav.Positions(6)}) {
		t.Errorf("a client gets %s, %s", f, f.Positions)
	}
}
