package daemon

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/sap"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// ether carries announcements between directories of a test.
type ether struct {
	mu    sync.Mutex
	ports []*etherPort
}

type etherPort struct {
	ether *ether
	at    netip.Addr
	in    chan []byte
	quit  chan struct{}
}

func (e *ether) open(at string) *etherPort {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := &etherPort{e, netip.MustParseAddr(at), make(chan []byte, 100), make(chan struct{})}
	e.ports = append(e.ports, p)
	return p
}

func (p *etherPort) Receive(b []byte) (int, netip.Addr, error) {
	select {
	case d := <-p.in:
		return copy(b, d), netip.MustParseAddr("192.0.2.77"), nil
	case <-p.quit:
		return 0, netip.Addr{}, net.ErrClosed
	}
}

func (p *etherPort) Send(b []byte, _ netip.Addr, _ string, _ int) error {
	p.ether.mu.Lock()
	defer p.ether.mu.Unlock()
	for _, other := range p.ether.ports {
		select {
		case other.in <- append([]byte(nil), b...):
		default:
		}
	}
	return nil
}

func (p *etherPort) Refresh() {}

func (p *etherPort) Close() error { close(p.quit); return nil }

// freePort returns a port of this machine that nobody has.
func freePort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Skip("not tested: devices on the network: ", err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// Sound that a program plays on a device of the network comes out of another one, which an operator has added; both say what they
// have seen, and what is sent is announced.
func TestNetworkDevices(t *testing.T) {
	port := freePort(t)
	var air ether
	text := fmt.Sprintf("[daemon]\ndiscover = true\n[[device]]\nname = \"out\"\nbackend = \"rtp\"\n[device.send]\naddress = \"127.0.0.1:%d\"\nannounce = true\n"+
		"[[loop]]\nname = \"to\"\nserver = { device = \"out\", side = \"play\" }\n", port)
	f := startFiled(t, text, func(d *Daemon) {
		d.network.port = func(bool) (sap.Port, error) { return air.open("192.0.2.1"), nil }
	})
	desk := sap.New(air.open("192.0.2.2"), true)
	defer desk.Close()
	theirs := session.Stream{Name: "desk", Payload: session.L24, Type: 98, Rate: 48000, Channels: 2, Packet: 6, Paths: []session.Path{{To: netip.MustParseAddrPort("239.1.1.1:5004")}}}
	if _, err := desk.Announce(&theirs); err != nil {
		t.Fatal(err)
	}
	in := fmt.Sprintf(`{"name": "in", "backend": "rtp", "receive": {"address": "127.0.0.1:%d"}}`, port)
	if s, err := f.AddDevice(t.Context(), []byte(in)); err != nil || s.Name != "in" {
		t.Fatal(s, err)
	}
	if _, err := f.AddDevice(t.Context(), []byte(in)); !errors.Is(err, audio.ErrBusy) {
		t.Errorf("a second one of the name: %v", err)
	}
	if err := f.AddLoop(t.Context(), []byte(`{"name": "from", "server": {"device": "in", "side": "record"}}`)); err != nil {
		t.Fatal(err)
	}
	format := audio.DefaultFormat()
	plays, err := client.Open(t.Context(), f.socket, "to", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: format})
	if err != nil {
		t.Fatal(err)
	}
	reads, err := client.Open(t.Context(), f.socket, "from", pcm.Options{Role: pcm.Client, Direction: pcm.Read, Format: format})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() { // a constant, which is easy to find
		block := make([]byte, 4*480)
		for i := range block {
			block[i] = byte(0x11)
		}
		for {
			if _, err := plays.Write(t.Context(), block); err != nil {
				return
			}
		}
	})
	block := make([]byte, 4*480)
	for found := false; !found; { // until the limit of the test
		n, err := reads.Read(t.Context(), block)
		if err != nil {
			t.Fatal(err)
		}
		found = strings.Contains(string(block[:4*n]), strings.Repeat("\x11", 400))
	}
	receiver, err := f.Client.State(t.Context(), "in")
	if n := receiver.Hardware.Network; err != nil || n == nil || !n.Receives || n.Sends || n.Packets == 0 || n.Sender == "" || len(n.Paths) != 1 {
		t.Errorf("%+v, %v", n, err)
	}
	if on, want := receiver.Hardware.RunsOn, fmt.Sprintf("127.0.0.1:%d", port); on != want {
		t.Errorf("it runs on %s, want %s", on, want)
	}
	sender, err := f.Client.State(t.Context(), "out")
	if n := sender.Hardware.Network; err != nil || n == nil || !n.Sends || n.Receives || n.Sent == 0 {
		t.Errorf("%+v, %v", n, err)
	}
	metrics, err := f.Metrics(t.Context())
	for _, want := range []string{`loopbridge_network_packets_total{device="in"}`, `loopbridge_network_sent_packets_total{device="out"}`} {
		if err != nil || !strings.Contains(string(metrics), want) {
			t.Errorf("metrics lack %s: %v", want, err)
		}
	}

	description, err := f.Description(t.Context(), "out")
	d, wrong := sdp.Parse(description)
	if err != nil || wrong != nil || d.Paths[0].To.Port() != uint16(port) || !strings.HasPrefix(d.Name, "out@") || d.Paths[0].From.String() != "127.0.0.1" {
		t.Errorf("%s%v, %v", description, err, wrong)
	}
	servertest.Until(t, "the announcement of out", func() bool { all := desk.Streams(); return len(all) == 1 && string(all[0].Text) == string(description) })
	streams, err := f.Streams(t.Context())
	if err != nil || !streams.Listens || len(streams.Streams) != 1 || streams.Streams[0].Name != "desk" || streams.Streams[0].Level != "B" || streams.Streams[0].Packet != 0.125 {
		t.Errorf("%+v, %v", streams, err)
	}

	if err := f.RemoveDevice(t.Context(), "in"); !errors.Is(err, audio.ErrBusy) {
		t.Errorf("removed under a loop: %v", err)
	}
	f.reload(text) // what an operator has added stays
	f.reload(strings.Replace(text, "announce = true", "", 1), "device out: replaced: send.announce yes -> none", "loop to: replaced: its device out is replaced")
	servertest.Until(t, "the announcement to be withdrawn", func() bool { return len(desk.Streams()) == 0 })
	plays.Abandon()
	reads.Abandon()
	wait.Wait()
	if err := f.RemoveLoop(t.Context(), "from"); err != nil {
		t.Error(err)
	}
	if err := f.RemoveDevice(t.Context(), "in"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]error{"in": audio.ErrNoDevice, "null": audio.ErrInvalid} {
		if err := f.RemoveDevice(t.Context(), name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if _, err := f.Description(t.Context(), name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	f.reload(strings.Replace(text, "discover = true", "", 1), "daemon: discover yes -> none", "device out: replaced: send.announce none -> yes", "loop to: replaced: its device out is replaced")
	if s, err := f.Streams(t.Context()); err != nil || s.Listens || len(s.Streams) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A key comes from a file that not everybody can read, and is neither shown nor logged.
func TestNetworkKeys(t *testing.T) {
	dir := t.TempDir()
	key := make([]byte, 30)
	for i := range key {
		key[i] = byte(i)
	}
	write := func(name, text string, mode os.FileMode) string {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return at
	}
	good := base64.StdEncoding.EncodeToString(key)
	var air ether
	var opened rtp.Options
	f := startFiled(t, "[daemon]\nlog = \"info\"\n", func(d *Daemon) {
		d.network.port = func(bool) (sap.Port, error) { return air.open("192.0.2.1"), nil }
		d.network.open = func(wish backend.Config, o rtp.Options) (backend.Stream, error) {
			opened = o
			return backendtest.NewClock(wish), nil
		}
	})
	add := func(file string) error {
		_, err := f.AddDevice(t.Context(), fmt.Appendf(nil, `{"name": "x", "backend": "rtp", "send": {"address": "127.0.0.1:5004", "keys": %q}}`, file))
		return err
	}
	for _, c := range []struct{ file, want string }{
		{filepath.Join(dir, "none"), "none"},
		{write("open", good, 0o644), "everybody can read"},
		{write("short", good[:36], 0o600), "there is no key in"},
		{write("empty", "", 0o600), "there is no key in"},
	} {
		if err := add(c.file); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), good[:12]) {
			t.Errorf("%s: %v, want %s", c.file, err, c.want)
		}
	}
	if err := add(write("good", good+"\n", 0o640)); err != nil {
		t.Fatal(err)
	}
	servertest.Until(t, "the stream to be opened", func() bool { s, _ := f.Client.State(t.Context(), "x"); return s.Hardware.RunsOn != config.NullDevice })
	if string(opened.Send.Keys) != string(key) {
		t.Errorf("the key is %x", opened.Send.Keys)
	}
	text, err := f.Description(t.Context(), "x")
	if err != nil || !strings.Contains(string(text), "RTP/SAVP") || strings.Contains(string(text), "crypto") {
		t.Errorf("%s%v", text, err)
	}
	secret := "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=x\nt=0 0\nm=audio 5004 RTP/SAVP 98\nc=IN IP4 127.0.0.1\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + good + "\na=rtpmap:98 L24/48000/2\n"
	if _, err := f.AddDevice(t.Context(), fmt.Appendf(nil, `{"name": "y", "backend": "rtp", "receive": {"sdp": %q}}`, secret)); err == nil || !strings.Contains(err.Error(), "has a key") {
		t.Errorf("a request with a key: %v", err)
	}
	if log := f.log.Text(); strings.Contains(log, good[:12]) || !strings.Contains(log, "inline:…") {
		t.Errorf("the log has the key: %s", log)
	}
}

// A description says which clock a stream is on, and names both paths and their sources.
func TestNetworkDescriptions(t *testing.T) {
	for more, want := range map[string][]string{
		"":                              {"a=ts-refclk:localmac=", "a=mediaclk:sender"},
		"second = \"127.0.0.2:5006\"\n": {"a=group:DUP primary secondary", "m=audio 5006 RTP/AVP 98"},
		"clock = \"ptp\"\n":             {"a=ts-refclk:ptp=IEEE1588-2008:traceable\r\n", "a=mediaclk:direct=0\r\n"},
		"clock = \"ptp\"\nreference = \"IEEE1588-2008:39-a7-94-ff-fe-07-cb-d0:3\"\npayload = \"L16\"\n": {"a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:3\r\n", "L16/48000/2"},
	} {
		c, err := config.Parse("test", []byte("[[device]]\nname = \"a\"\nbackend = \"rtp\"\n[device.send]\naddress = \"127.0.0.1:5004\"\n"+more))
		if err != nil {
			t.Fatal(err)
		}
		s, err := newNetwork(zerolog.Nop()).sent(*c.Device("a"))
		if err != nil {
			t.Skip("not tested: descriptions: ", err)
		}
		text, err := sdp.Write(&s)
		for _, w := range append(want, "source-filter: incl IN IP4 127.0.0.1 127.0.0.1") {
			if err != nil || !strings.Contains(string(text), w) {
				t.Errorf("%q: no %s in\n%s%v", more, w, text, err)
			}
		}
	}
}
