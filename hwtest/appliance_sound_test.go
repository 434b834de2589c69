package hwtest_test

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/hwtest/hear"
)

const (
	// chimeUnit plays as soon as the daemon is ready.
	chimeUnit = `[Unit]
Description=a tone when the machine has started
Requires=loopbridge.service
After=loopbridge.service

[Service]
Type=oneshot
RemainAfterExit=yes
DynamicUser=yes
SupplementaryGroups=audio
ExecStart=/usr/bin/aplay -D loopbridge:speaker ` + chimeFile + `

[Install]
WantedBy=multi-user.target
`
	chimeFile   = "/usr/local/share/chime.wav"
	chimeFrames = 48000

	// recordedBefore is a file of the machine's disk, with the length of the tape before the reboot.
	recordedBefore = "/var/lib/laboratory-tape"
)

// preparesChime has a tone played at each start of the machine, and starts it again.
func (a *appliance) preparesChime() {
	f := hear.CountFormat(48000)
	var file bytes.Buffer
	w, err := wav.NewWriter(&file, f)
	if err == nil {
		err = w.WriteFrames(append(hear.Sine(f, toneHertz, toneAmplitude, chimeFrames), make([]byte, pause*f.FrameBytes())...)) // what the emulation writes late
	}
	for _, f := range []struct {
		name string
		text []byte
	}{
		{chimeFile, file.Bytes()},
		{"/etc/systemd/system/chime.service", []byte(chimeUnit)},
		{recordedBefore, []byte(strconv.FormatInt(a.hears().frames(), 10))},
	} {
		if err == nil {
			err = os.WriteFile(f.name, f.text, 0o644)
		}
	}
	if err != nil {
		a.Fatalf("%v", err)
	}
	a.does("systemctl enable chime.service")
	a.does("amixer -q -c HDA sset Master 100% unmute; alsactl store HDA")
	a.say("after %s s", uptime())
}

// uptime is how long the machine runs, in seconds of its own.
func uptime() string {
	text, _ := os.ReadFile("/proc/uptime")
	up, _, _ := strings.Cut(string(text), " ")
	return up
}

// sounds: the tone is heard on the card, as a whole, when nobody has logged in.
func (a *appliance) sounds() {
	a.does("systemctl is-system-running --wait")
	a.wants(a.does("systemctl show loopbridge -p ActiveState,StatusText,NRestarts"), "ActiveState=active\n", "StatusText=2 loops, ", "NRestarts=0\n")
	a.wants(a.does("systemctl show chime -p Result,ExecMainStatus"), "Result=success\n", "ExecMainStatus=0\n")
	if out := a.does("loginctl list-sessions --no-legend"); out != "" {
		a.Errorf("somebody has logged in: %s", out)
	}
	a.does("journalctl -q -b -o short-monotonic -u loopbridge -u chime -u sound.target -u multi-user.target")
	a.does("systemctl disable --now chime.service; rm /etc/systemd/system/chime.service; systemctl daemon-reload")
	text, err := os.ReadFile(recordedBefore)
	if err != nil {
		a.Fatalf("%v", err)
	}
	from, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		a.Fatalf("%v", err)
	}
	t := a.hears()
	t.ends()
	s := hear.Sound{Format: hear.CountFormat(t.rate), PCM: t.read(from, t.frames()-from)}
	spans := hear.Spans(s.Channel(0), quiet, t.rate/10)
	if len(spans) != 1 {
		a.Fatalf("there are %d tones on the tape, want one: %v", len(spans), spans)
	}
	x := s.Channel(0)[spans[0].From:spans[0].To]
	whole := hear.FitTone(x, t.rate)
	broken := hear.Breaks(x[pause:len(x)-pause], t.rate) // without the ramps at its ends
	if math.Abs(whole.Hertz-toneHertz) > 0.1 || math.Abs(whole.Level-20*math.Log10(toneAmplitude)) > 0.1 || len(broken) > 0 ||
		len(x) < chimeFrames-pause || len(x) > chimeFrames+pause {
		a.Errorf("the tone has %d frames, %.3f Hz and %.2f dBFS, and breaks %v", len(x), whole.Hertz, whole.Level, broken)
	}
	a.say("%d frames of %d, %.3f Hz, %.2f dBFS, no break", len(x), chimeFrames, whole.Hertz, whole.Level)
}

// ends waits until the tape grows no more.
func (t tape) ends() {
	t.b.Helper()
	before := int64(-1)
	t.b.until("the card plays no more", func() bool {
		time.Sleep(time.Second) // of the machine, in which the card would play
		now := t.frames()
		same := now == before
		before = now
		return same
	})
}
