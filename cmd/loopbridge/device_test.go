package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// freeAddress returns an address of this machine with a port that nobody has.
func freeAddress(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Skip("not tested: devices on the network: ", err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

// A recording on one device of the network is what was played on another one, which was made from the description of the first.
func TestDevicesComeAndGo(t *testing.T) {
	socket, at, dir := testDaemon(t, cardConfig), freeAddress(t), trial.TempDir(t)
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	o := cli("device", "add", "--name", "out", "rtp://"+at+"?direction=send&payload=L16&channels=1&rate=16000&packet=4ms", "format=S16_LE", "period=20ms", "periods=50")
	o.want(t, exitOK)
	if o.stdout != "out\n" {
		t.Errorf("it prints %q", o.stdout)
	}
	description := cli("device", "sdp", "out")
	for _, line := range []string{"a=rtpmap:98 L16/16000/1\r\n", "a=ptime:4\r\n", "c=IN IP4 127.0.0.1\r\n"} {
		if !strings.Contains(description.stdout, line) {
			t.Errorf("no %q in\n%s", line, description.stdout)
		}
	}
	file := filepath.Join(dir, "out.sdp")
	if err := os.WriteFile(file, []byte(description.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	o = cli("device", "add", file, "receive.latency=500ms", "period=20ms", "periods=50") // machines of tests stall
	o.want(t, exitOK)
	in := strings.TrimSpace(o.stdout)
	if !strings.HasPrefix(in, "out-") {
		t.Fatalf("it is named %q", in)
	}
	cli("loop", "add", "to", "server.device=out", "server.side=play", "buffer=2s").want(t, exitOK)
	cli("loop", "add", "from", "server.device="+in, "server.side=record", "buffer=2s").want(t, exitOK)
	cli("device", "rm", in).want(t, exitFailed, "the loop from is on the device")

	f := audio.Format{Rate: 16000, Channels: 1, Encoding: audio.S16LE}
	noise, played, recorded := trial.Noise(f, 16000), filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
	trial.WriteWAV(t, played, f, noise)
	recording := background(t, nil, "--socket", socket, "record", "--duration", "3s", "from", recorded)
	waitForLoop(t, socket, "from", func(l api.Loop) bool { return len(l.Clients) > 0 })
	for range 3 { // packets come only while something is played, and the device must first be found
		cli("play", "to", played).want(t, exitOK)
	}
	(<-recording).want(t, exitOK)
	_, got := trial.ReadWAV(t, recorded)
	found := 0
	for part := range slices.Chunk(noise, 1600) { // 50 ms
		if bytes.Contains(got, part) {
			found++
		}
	}
	if found == 0 {
		t.Errorf("nothing of what was played is in the %d bytes that were recorded", len(got))
	}

	cli("loop", "rm", "from").want(t, exitOK)
	cli("device", "rm", in).want(t, exitOK)
	cli("device", "rm", in).want(t, exitFailed, "there is no device "+in)
	cli("device", "rm", "card").want(t, exitFailed, "only devices of the backend rtp can be removed")
	cli("device", "sdp", "card").want(t, exitFailed, "the device card sends nothing to the network")
}

// What a stream is given as says what is wrong with it.
func TestDeviceAddRefuses(t *testing.T) {
	socket, dir := testDaemon(t, cardConfig), trial.TempDir(t)
	write := func(name, text string) string {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	head := "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=x y\nt=0 0\n"
	for args, want := range map[string]string{
		"rtsp://a/b":                                   "rtsp:// is not RTP",
		"rtp://":                                       "rtp:// is no address of a stream",
		"rtp://239.1.1.1":                              `device[0].receive.address = '239.1.1.1': not an address`,
		"rtp://239.1.1.1:5004?direction=x":             "direction=x is unknown",
		"rtp://239.1.1.1:5004?rate=1&rate=2":           "rate is given twice",
		"rtp://239.1.1.1:5004?payload=opus":            "unknown, use one of L16, L24, PCMU, PCMA",
		"rtp://239.1.1.1:5004?gain=1":                  "device[0].receive.gain = 1: unknown key",
		"rtp://239.1.1.1:5004 period":                  `period has no "="`,
		"rtp://239.1.1.1:5004 --name=card":             "there is a device card already",
		"desk":                                         "the daemon hears no announcements: that takes discover = true in [daemon]",
		filepath.Join(dir, "none.sdp"):                 "none.sdp",
		write("bad.sdp", head+"m=audio 0 RTP/AVP 0\n"): `line 5, "m=audio 0 RTP/AVP 0": the port must be 1..65535`,
		write("secret.sdp", head+"m=audio 4 RTP/SAVP 0\nc=IN IP4 10.0.0.1\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\n"): "has the key of the stream, which is not passed on",
	} {
		o := cliRun(t, nil, append([]string{"--socket", socket, "device", "add"}, strings.Fields(args)...)...)
		if o.status == exitOK || !strings.Contains(o.stderr, want) || strings.Contains(o.stderr, "AAECAwQF") {
			t.Errorf("%s: %q, want %q", args, o.stderr, want)
		}
	}
}

func TestAnnouncedStreamsHaveNames(t *testing.T) {
	stream := func(name, address, sender string) api.Stream {
		return api.Stream{Name: name, Addresses: []string{address}, Sender: sender, SDP: "v=0"}
	}
	all := api.Streams{Listens: true, Streams: []api.Stream{stream("desk", "239.1.1.1:5004", "10.0.0.1"), stream("desk", "239.1.1.2:5004", "10.0.0.2"), stream("Stage left", "239.1.1.3:5004", "10.0.0.3")}}
	table, err := announcedTable(&all, "Stage left")
	if err != nil || table["name"] != "Stage-left" || fmt.Sprint(table["receive"]) != "map[sdp:v=0]" {
		t.Errorf("%v, %v", table, err)
	}
	if _, err := announcedTable(&all, "desk"); err == nil || err.Error() != "2 streams are named desk: 239.1.1.1:5004 by 10.0.0.1, 239.1.1.2:5004 by 10.0.0.2; use the URL of one" {
		t.Error(err)
	}
	if _, err := announcedTable(&all, "stage"); err == nil || !strings.Contains(err.Error(), "there are desk, desk, Stage left") {
		t.Error(err)
	}
	if _, err := announcedTable(&api.Streams{Listens: true}, "x"); err == nil || !strings.Contains(err.Error(), "nobody announces") {
		t.Error(err)
	}
	for text, want := range map[string]string{"a b/c": "a-b-c", "239.1.1.1:5004": "239.1.1.1-5004", "///": "stream", strings.Repeat("x", 99): strings.Repeat("x", 63), "größe": "gr--e"} {
		if got := nameFor(text); got != want {
			t.Errorf("%s is named %s, want %s", text, got, want)
		}
	}
}

// One daemon announces what it sends, another one hears of it, and takes it by its name.
func TestAnnouncedDevices(t *testing.T) {
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	sends, hears := testDaemon(t), testDaemon(t, func(c *config.Config) { c.Daemon.Discover = true })
	c := control.New(hears)
	defer c.Close()
	if s, err := c.Streams(t.Context()); err != nil || !s.Listens {
		t.Skip("not tested: announcements between two daemons: this machine has no network for them: ", err)
	}
	cli := func(socket string, args ...string) outcome {
		return cliRun(t, nil, append([]string{"--socket", socket}, args...)...)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	device := "programme-" + port // others on this machine may test the same
	name := device + "@" + host
	cli(sends, "device", "add", "--name", device, "rtp://239.255.77.7:"+port+"?direction=send&interface=lo&packet=125us&ttl=1&announce=true").want(t, exitOK)
	servertest.Until(t, "the announcement", func() bool { return strings.Contains(cli(hears, "devices").stdout, name) })
	var line string
	for l := range strings.Lines(cli(hears, "devices").stdout) {
		if strings.HasPrefix(l, name) {
			line = strings.Join(strings.Fields(l), " ")
		}
	}
	if want := name + " 239.255.77.7:" + port + " L24 48000 Hz 2 ch 0.125 ms B "; !strings.HasPrefix(line, want) {
		t.Errorf("%q, want %q", line, want)
	}
	if o := cli(hears, "__complete", "device", "add", ""); !strings.Contains(o.stdout, name+"\n") {
		t.Errorf("completed to %q", o.stdout)
	}
	cli(hears, "device", "add", "programm").want(t, exitFailed, "no stream programm is announced; there are")
	o := cli(hears, "device", "add", name, "receive.interface=lo", "--name", "stage")
	o.want(t, exitOK)
	d, err := c.State(t.Context(), "stage")
	if err != nil || d.Hardware.Format.Encoding != audio.S24LE3 || d.Hardware.Format.Channels != 2 {
		t.Errorf("%+v, %v", d.Hardware, err)
	}
	cli(sends, "device", "rm", device).want(t, exitOK)
	servertest.Until(t, "the end of the announcement", func() bool { return !strings.Contains(cli(hears, "devices").stdout, name) })
}

// A description that somebody has sent is pasted, or comes from another machine through a pipe.
func TestDeviceFromText(t *testing.T) {
	socket := testDaemon(t)
	text := "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=Studio A\r\nt=0 0\r\nm=audio " + strings.TrimPrefix(freeAddress(t), "127.0.0.1:") +
		" RTP/AVP 98\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:98 L24/96000/2\r\n"
	o := cliRun(t, strings.NewReader(text), "--socket", socket, "device", "add", "-")
	if o.want(t, exitOK); o.stdout != "Studio-A\n" {
		t.Errorf("it prints %q", o.stdout)
	}
	if o := cliRun(t, nil, "--socket", socket, "devices"); !strings.Contains(o.stdout, "96000 Hz, 2 channels") {
		t.Error(o.stdout)
	}
	cliRun(t, strings.NewReader("v=0\nx"), "--socket", socket, "device", "add", "-").want(t, exitFailed, "the standard input: ")
}
