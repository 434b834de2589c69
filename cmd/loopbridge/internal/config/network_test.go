package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// The example says what is in its comments.
func TestNetworkExample(t *testing.T) {
	c, err := Load(filepath.Join(configDir, "network.toml"))
	if err != nil {
		t.Fatal(err)
	}
	d := c.Device("desk")
	if !c.Daemon.Discover || d.Backend != RTP || d.Period != 48 || d.Format.Rate != 48000 || d.Format.Encoding != audio.S24LE3 || !d.Play || !d.Record {
		t.Errorf("%+v", d)
	}
	r, s := d.Receive, d.Send
	if r.Latency != 4*time.Millisecond || r.Adaptive || r.Timeout != time.Second || !s.Announce || r.SDP != "" || r.Keys != "" {
		t.Errorf("%+v, %+v", r, s)
	}
	for _, c := range []struct {
		got  session.Stream
		want string
	}{
		{r.Stream, "239.69.1.1:5004 from 192.168.1.10 on eth1 and 239.69.2.1:5004 from 192.168.2.10 on eth2, L24/48000/2, 1 ms, level A, type 98"},
		{s.Stream, "239.69.1.2:5004 on eth1 ttl 15 dscp 34, L24/48000/2, 1 ms, level A, type 98"},
	} {
		if got := StreamText(&c.got); got != c.want || c.got.Type != 98 {
			t.Errorf("%s, type %d, want %s", got, c.got.Type, c.want)
		}
	}
}

// What is left out has the values of the manual, and follows from what is given.
func TestNetworkDefaults(t *testing.T) {
	for _, c := range []struct {
		device, table string
		period        int
		encoding      audio.Encoding
		kind          uint8
		packet        int
	}{
		{"", "", 240, audio.S24LE3, 98, 48},
		{"rate = 96000", `payload = "L16"`, 480, audio.S16LE, 98, 96},
		{"rate = 8000\nchannels = 1", `payload = "PCMU"`, 40, audio.S16LE, 0, 8},
		{"rate = 8000\nchannels = 1", "payload = \"PCMA\"\npacket = \"20ms\"", 40, audio.S16LE, 8, 160},
		{"format = \"S32_LE\"\nperiod = 48", `packet = "125us"`, 48, audio.S32LE, 98, 6},
		{"rate = 44100", "packet = 48\npayload_type = 100", 220, audio.S24LE3, 100, 48},
	} {
		file := parsed(t, "[[device]]\nname = \"a\"\nbackend = \"rtp\"\n"+c.device+"\n[device.send]\naddress = \"239.1.1.1:5004\"\n"+c.table)
		d := file.Device("a")
		s := d.Send.Stream
		if d.Period != c.period || d.Format.Encoding != c.encoding || s.Type != c.kind || s.Packet != c.packet || s.Rate != d.Format.Rate || d.Receive != nil || d.Record {
			t.Errorf("%q %q: %+v %+v", c.device, c.table, d, s)
		}
	}
}

// An engine that sets no periods may be late for 200 ms.
func TestNetworkBuffer(t *testing.T) {
	for _, c := range []struct {
		device          string
		period, periods int
	}{{"", 240, 40}, {"period = \"1ms\"", 48, 200}, {"period = 24", 24, 400}, {"period = \"500ms\"", 24000, 2}, {"periods = 3", 240, 3}} {
		file := parsed(t, "[[device]]\nname = \"a\"\nbackend = \"rtp\"\n"+c.device+"\n[device.send]\naddress = \"239.1.1.1:5004\"\n")
		d := file.Device("a")
		if d.Period != c.period || d.Periods != c.periods {
			t.Errorf("%q: %d periods of %d frames, want %d of %d", c.device, d.Periods, d.Period, c.periods, c.period)
		}
	}
}

const described51 = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=x\nt=0 0\nm=audio 5004 RTP/AVP 99\nc=IN IP4 239.1.1.9/32\na=rtpmap:99 L24/96000/6\n" +
	"a=fmtp:99 channel-order=SMPTE2110.(51)\na=ptime:0.125\n"

// A description is read from a file beside the configuration; a text that is only compared opens no file.
func TestNetworkDescription(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	text := "[[device]]\nname = \"a\"\nbackend = \"rtp\"\nperiod = \"1ms\"\n[device.receive]\nsdp = \"a.sdp\"\ninterface = \"eth7\"\n[[loop]]\nname = \"l\"\n"
	at := write("c.toml", text)
	if _, err := Load(at); err == nil || !strings.Contains(err.Error(), `c.toml:6:7: device[0].receive.sdp = "a.sdp": `) {
		t.Errorf("without the file: %v", err)
	}
	write("a.sdp", described51)
	c, err := Load(at)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Device("a")
	if d.Format.Rate != 96000 || d.Format.Channels != 6 || !d.Format.Positions.Known() || d.Period != 96 || d.Receive.Stream.Packet != 12 ||
		d.Receive.Stream.Paths[0].Device != "eth7" || d.Receive.SDP != filepath.Join(dir, "a.sdp") {
		t.Errorf("%+v %+v", d, d.Receive)
	}
	other, err := ParseReload(at, []byte(text))
	if err != nil || len(other.Device("a").Receive.Stream.Paths) > 0 {
		t.Fatalf("%v, and a file was opened", err)
	}
	other.Describe(&c)
	if plan := Compare(c, other); len(plan.Steps) > 0 {
		t.Error(planText(&plan))
	}
	write("a.sdp", strings.Replace(described51, "239.1.1.9", "239.1.1.10", 1))
	moved, err := Load(at)
	if plan := Compare(c, moved); err != nil || len(plan.Steps) != 1 || plan.Steps[0].Action != Replace {
		t.Errorf("a file with another address: %s, %v", planText(&plan), err)
	}
}

// Whatever a stream has that is another one, Compare sees it.
func TestCompareStreams(t *testing.T) {
	base := "[[device]]\nname = \"a\"\nbackend = \"rtp\"\n[device.receive]\naddress = \"239.1.1.1:5004\"\nsecond = \"239.1.2.1:5004\"\n[device.send]\naddress = \"239.2.2.2:5004\"\n"
	receive := map[string]string{"source": `"10.0.0.1"`, "interface": `"eth1"`, "payload": `"L16"`, "payload_type": "97", "packet": `"125us"`, "latency": `"5ms"`,
		"adaptive": "true", "clock": `"ptp"`, "second_source": `"10.0.0.1"`, "second_interface": `"eth1"`, "timeout": `"2s"`, "keys": `"/k"`}
	send := map[string]string{"interface": `"eth1"`, "payload": `"L16"`, "packet": `"125us"`, "ttl": "15", "dscp": "34", "announce": "true", "payload_type": "97", "keys": `"/k"`, "second": `"239.1.1.4:5004"`}
	try := func(text string) {
		plan := Compare(parsed(t, base), parsed(t, text))
		if len(plan.Steps) != 1 || plan.Steps[0].Action != Replace {
			t.Errorf("%s: %q", text, planText(&plan))
		}
	}
	for key, value := range receive {
		try(strings.Replace(base, "[device.send]", key+" = "+value+"\n[device.send]", 1))
	}
	for key, value := range send {
		try(base + key + " = " + value + "\n")
	}
	alone := "[[device]]\nname = \"a\"\nbackend = \"rtp\"\n[device.send]\naddress = \"239.2.2.2:5004\"\n"
	plan := Compare(parsed(t, alone), parsed(t, alone+"clock = \"ptp\"\n"))
	if planText(&plan) != "device a: replaced: send.clock own -> ptp" {
		t.Error(planText(&plan))
	}
	ptp := alone + "clock = \"ptp\"\n"
	plan = Compare(parsed(t, ptp), parsed(t, ptp+"reference = \"IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:3\"\n"))
	if planText(&plan) != "device a: replaced: send.reference none -> IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:3" {
		t.Error(planText(&plan))
	}
	same := strings.Replace(base, "[device.send]", "payload = \"L24\"\n[device.send]", 1)
	if plan := Compare(parsed(t, base), parsed(t, same)); len(plan.Steps) > 0 {
		t.Error(planText(&plan))
	}
}

// What an operator has added stays when the file is read again, until the file has it.
func TestCompareKeepsAddedDevices(t *testing.T) {
	running := parsed(t, before)
	d, err := ParseDevice([]byte(`{"name": "net", "backend": "rtp", "receive": {"address": "239.1.1.1:5004"}}`))
	if err != nil || !d.Added || d.Receive.Stream.Paths[0].To != netip.MustParseAddrPort("239.1.1.1:5004") {
		t.Fatalf("%+v, %v", d, err)
	}
	running.Devices = append(running.Devices, d)
	if plan := Compare(running, parsed(t, before)); len(plan.Steps) > 0 {
		t.Error(planText(&plan))
	}
	file := parsed(t, before+"[[device]]\nname = \"net\"\nbackend = \"rtp\"\n[device.receive]\naddress = \"239.1.1.1:5004\"\n")
	if plan := Compare(running, file); planText(&plan) != "device net: stays, and is the file's from now on" {
		t.Error(planText(&plan))
	}
}

// A request opens no file, and names what is wrong with it.
func TestParseDevice(t *testing.T) {
	d, err := ParseDevice(fmt.Appendf(nil, `{"name": "a", "backend": "rtp", "receive": {"sdp": %q, "keys": "/k"}}`, described51))
	if err != nil || d.Format.Channels != 6 || d.Receive.Keys != "/k" {
		t.Errorf("%+v, %v", d, err)
	}
	for text, want := range map[string]string{
		`{"name": "a", "backend": "rtp", "receive": {"sdp": "a.sdp"}}`:       "not an absolute path",
		`{"name": "a", "backend": "rtp", "receive": {"sdp": "/etc/passwd"}}`: "a request has the text of the description",
		`{"name": "a", "backend": "rtp", "receive": {"address": "x"}}`:       `device[0].receive.address = 'x': not an address`,
		`{"name": "null", "backend": "null"}`:                                "there is a device null already",
		`{"name": "a", "backend": "null", "output": {"file": "/tmp/x.wav"}}`: "only devices of the backend rtp can be added",
		`{"name": "a", "backend": "alsa"}`:                                   "only devices of the backend rtp can be added",
		`{"name": "a"}`:                                                      "device[0].backend: missing",
		`[]`:                                                                 "not a JSON object",
	} {
		if _, err := ParseDevice([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
