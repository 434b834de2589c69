package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// The edge cases of audio(7I) as an operator meets them who types; package server has them
// over HTTP. Each test has the number of its case.

// operator types commands for a daemon with the device of cardConfig.
type operator struct {
	*testing.T
	socket string
}

func newOperator(t *testing.T, change ...func(*config.Config)) operator {
	return operator{t, testDaemon(t, append([]func(*config.Config){cardConfig}, change...)...)}
}

func (o operator) run(args ...string) outcome {
	o.Helper()
	return cliRun(o.T, nil, append([]string{"--socket", o.socket}, args...)...)
}

// set sets fields of the card: what it prints has to be lines, what it warns of words.
func (o operator) set(lines string, fields string, words ...string) {
	o.Helper()
	got := o.run(append([]string{"set", "card"}, strings.Fields(fields)...)...)
	if got.want(o.T, exitOK, words...); strings.TrimSpace(got.stdout) != lines {
		o.Errorf("set %s prints %q, want %q", fields, got.stdout, lines)
	}
}

// refused has to fail with one line of these words, print nothing else and change nothing.
func (o operator) refused(status int, words string, args ...string) {
	o.Helper()
	counters := regexp.MustCompile(`"(play|record)\.samples": \d+`) // go on while the device runs
	before := counters.ReplaceAllString(o.info("--json"), "")
	got := o.run(args...)
	if got.want(o.T, status, "loopbridge: ", words); got.stdout != "" {
		o.Errorf("%q prints %q", args, got.stdout)
	}
	if now := counters.ReplaceAllString(o.info("--json"), ""); now != before {
		o.Errorf("%q is refused, and now there is %s, before %s", args, now, before)
	}
}

// info is what the command prints of the card.
func (o operator) info(args ...string) string {
	o.Helper()
	got := o.run(append([]string{"info", "card"}, args...)...)
	got.want(o.T, exitOK)
	return strings.TrimSpace(got.stdout)
}

func (o operator) number(field string) int {
	o.Helper()
	n, err := strconv.Atoi(o.info("-n", field))
	if err != nil {
		o.Fatal(err)
	}
	return n
}

// until waits for a value of a field.
func (o operator) until(field, value string) {
	o.Helper()
	servertest.Until(o, field+" is "+value, func() bool { return o.info("-n", field) == value })
}

// open is a program at a loop of the card.
func (o operator) open(name string, d audio.Direction) *pcm.PCM {
	o.Helper()
	p, err := client.Open(o.Context(), o.socket, name, pcm.Options{Role: pcm.Client, Direction: d})
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(p.Abandon)
	return p
}

// play has frames of silence played; then the clock stands still, and the end stays open.
func (o operator) play(p *pcm.PCM, frames int) {
	o.Helper()
	_, err := p.Write(o.Context(), make([]byte, frames*p.Format().FrameBytes()))
	if err == nil {
		err = p.Drain(o.Context())
	}
	if err == nil {
		err = p.Halt(o.Context())
	}
	if err != nil {
		o.Fatal(err)
	}
}

func TestEdge35OneBadFieldRefusesAll(t *testing.T) {
	o := newOperator(t)
	for fields, want := range map[string]struct {
		status int // of what the daemon refuses, and of what cannot be at all
		words  string
	}{
		"play.gain=1 play.balance=65":        {exitUsage, "play.balance = 65: out of range, use 0..64"},
		"play.gain=1 record.port=cd":         {exitFailed, "record.port = cd: cd is not available, use one or more of microphone+line_in"},
		"play.gain=1 play.channels=1":        {exitFailed, "play.channels = 1: only the program that holds the stream sets the format, leave it at 2"},
		"play.gain=1 monitor_gain=9 x=1":     {exitUsage, "x = 1: no such field"},
		"play.gain=1 play.precision=24":      {exitFailed, "play.precision = 24: it follows from the encoding, leave it at 16"},
		"play.gain=1 play.samples=-1":        {exitUsage, "play.samples = -1: negative, use 0..4294967295"},
		"play.gain=1 play.gain_db=-6":        {exitUsage, "play.gain_db = -6: contradicts the gain given with it"},
		"play.gain=1 play.encoding=GSM":      {exitUsage, "play.encoding = GSM: unknown encoding, use "},
		"play.gain=1 output_muted=255":       {exitUsage, "output_muted = 255: neither on nor off, use 0 or 1"},
		"play.gain=1 play.port=speaker+horn": {exitUsage, "play.port = speaker+horn: unknown name, use speaker, headphone"},
	} {
		o.refused(want.status, want.words, append([]string{"set", "card"}, strings.Fields(fields)...)...)
	}
}

func TestEdge37ErrorIsReadAndReset(t *testing.T) {
	o := newOperator(t)
	p := o.open("speaker", pcm.Write)
	if _, err := p.Write(t.Context(), make([]byte, 960*4)); err != nil {
		t.Fatal(err)
	}
	o.until("play.error", "1") // it runs dry
	o.play(p, 960)
	o.set("play.error: 1 -> 0", "play.error=0")
	o.set("", "play.error=0")
}

func TestEdge47Drain(t *testing.T) {
	o := newOperator(t)
	p := o.open("speaker", pcm.Write)
	o.run("drain", "speaker").want(t, exitOK) // nothing was written
	o.set("play.pause: 0 -> 1", "play.pause=1")
	if _, err := p.Write(t.Context(), make([]byte, 960*4)); err != nil {
		t.Fatal(err)
	}
	done := background(t, nil, "--socket", o.socket, "drain", "speaker")
	waitForLoop(t, o.socket, "speaker", func(l api.Loop) bool { _, client := l.Ends(); return client.Draining })
	if p.Delay() != 960 {
		t.Errorf("%d frames are left", p.Delay())
	}
	o.set("play.pause: 1 -> 0", "play.pause=0")
	if got := <-done; got.status != exitOK || p.Delay() != 0 {
		t.Errorf("exit status %d, %q, %d frames are left", got.status, got.stderr, p.Delay())
	}
}

func TestEdge59Ports(t *testing.T) {
	o := newOperator(t)
	o.set("play.port: speaker -> headphone+line_out\nrecord.port: microphone -> line_in", "play.port=headphone+line_out record.port=0x2")
	const all = "use one or more of speaker+headphone+line_out"
	for value, words := range map[string]string{
		"none": "play.port = none: a port must be in use, " + all, "0": "play.port = none: a port must be in use, " + all,
		"speaker+aux1_out": "play.port = speaker+aux1_out: aux1_out is not available, " + all,
		"0x80":             "play.port = 0x80: 0x80 is not available, " + all,
	} {
		o.refused(exitFailed, words, "set", "card", "play.gain=1", "play.port="+value)
	}
	o.refused(exitUsage, "play.mod_ports = 0: read-only", "set", "card", "play.mod_ports=0")
}

// levels measures until what comes out is right, and gives what it last was.
func (o operator) levels(right func(api.Levels) bool) (l api.Levels, ok bool) {
	o.Helper()
	for began := time.Now(); !ok && time.Since(began) < servertest.Hang; ok = right(l) {
		l = api.Levels{}
		got := o.run("levels", "card", "--once", "--json", "--interval", "10ms")
		if err := json.Unmarshal([]byte(got.stdout), &l); err != nil {
			o.Fatal(err, got.stderr)
		}
	}
	return l, ok
}
