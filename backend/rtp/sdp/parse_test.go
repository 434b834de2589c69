package sdp_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

func path(to, from string, ttl int) session.Path {
	p := session.Path{To: netip.MustParseAddrPort(to), TTL: ttl}
	if from != "" {
		p.From = netip.MustParseAddr(from)
	}
	return p
}

var stereo = audio.PositionsOf(audio.FrontLeft, audio.FrontRight)

// What programs and devices write, without their origins and names.
func written() map[string]sdp.Description {
	none := session.Reference{Domain: -1}
	of := func(s session.Stream) sdp.Description { return sdp.Description{Stream: s} }
	return map[string]sdp.Description{
		"aes67.sdp": of(session.Stream{Payload: session.L24, Type: 96, Rate: 48000, Channels: 8, Packet: 48, Paths: []session.Path{path("239.0.0.1:5004", "", 32)},
			Reference: session.Reference{PTP: "IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0"}, Direct: true, Offset: 963214424}),
		"st2110-30.sdp": of(session.Stream{Payload: session.L24, Type: 97, Rate: 48000, Channels: 6, Packet: 6, Paths: []session.Path{path("239.100.9.10:5004", "192.168.100.2", 32)},
			Reference: session.Reference{PTP: "IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0", Domain: 37}, Direct: true,
			Positions: audio.PositionsOf(audio.FrontLeft, audio.FrontRight, audio.FrontCentre, audio.LowFrequency, audio.RearLeft, audio.RearRight)}),
		"st2022-7.sdp": of(session.Stream{Payload: session.L24, Type: 98, Rate: 48000, Channels: 2, Packet: 48, Positions: stereo,
			Paths:     []session.Path{path("239.69.1.1:5004", "10.1.0.9", 32), path("239.69.2.1:5006", "10.2.0.9", 32)},
			Reference: session.Reference{PTP: "IEEE1588-2008:traceable", Domain: -1}, Direct: true}),
		"ssrc-dup.sdp": of(session.Stream{Payload: session.L16, Type: 100, Rate: 48000, Channels: 2, Reference: none,
			Paths: []session.Path{path("233.252.0.1:30000", "198.51.100.1", 127), path("233.252.0.1:30000", "198.51.100.2", 127)}}),
		"ffmpeg.sdp": of(session.Stream{Payload: session.L24, Type: 97, Rate: 48000, Channels: 2, Reference: none, Paths: []session.Path{path("127.0.0.1:5004", "", 0)}}),
		"gstreamer.sdp": of(session.Stream{Payload: session.L24, Type: 97, Rate: 48000, Channels: 2, Reference: none,
			Paths: []session.Path{path("239.1.2.3:5002", "", 32)}}),
		"vlc.sdp": of(session.Stream{Payload: session.L16, Type: 96, Rate: 48000, Channels: 2, Packet: 960, Reference: none,
			Paths: []session.Path{path("239.5.5.5:5004", "", 255)}}),
		"pipewire.sdp": of(session.Stream{Payload: session.L24, Type: 127, Rate: 48000, Channels: 2, Packet: 48,
			Reference: session.Reference{PTP: "IEEE1588-2008:00-1D-C1-FF-FE-12-3B-05"}, Direct: true, Offset: 2719301,
			Paths: []session.Path{path("239.255.12.42:46000", "192.168.0.20", 1)}}),
		"telephone.sdp": of(session.Stream{Payload: session.PCMA, Type: 8, Rate: 8000, Channels: 1, Packet: 160, Reference: none,
			Paths: []session.Path{path("[2001:db8::7]:4000", "", 0)}}),
		"local.sdp": of(session.Stream{Payload: session.L16, Type: 101, Rate: 44100, Channels: 1, Packet: 6, Positions: audio.PositionsOf(audio.Mono),
			Reference: session.Reference{Local: "7C-E9-D3-1B-9A-AF", Domain: -1}, Paths: []session.Path{path("239.3.3.3:6000", "", 8)}}),
		"secret.sdp": {Secure: true, Stream: session.Stream{Payload: session.L24, Type: 98, Rate: 48000, Channels: 1, Reference: none,
			Paths: []session.Path{path("192.0.2.9:5004", "", 0)},
			Keys:  []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}}},
	}
}

func load(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Every description of testdata means what its writer meant, also after it was written again here.
func TestDescriptions(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.sdp")
	if len(files) != len(written()) {
		t.Errorf("%d files for %d cases", len(files), len(written()))
	}
	for name, want := range written() {
		got, err := sdp.Parse(load(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Name == "" && name != "telephone.sdp" {
			t.Errorf("%s has no name", name)
		}
		again, err := sdp.WriteSecret(&got.Stream)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		second, err := sdp.Parse(again)
		if err != nil {
			t.Errorf("%s: %v:\n%s", name, err, again)
		}
		for _, d := range []*sdp.Description{&got, &second} {
			d.Name, d.Info, d.Origin = "", "", session.Origin{}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, want)
		}
		if name == "ssrc-dup.sdp" { // is written as two sections, which say the same
			continue
		}
		if !reflect.DeepEqual(second, want) {
			t.Errorf("%s, written again:\n%+v, want\n%+v\n%s", name, second, want, again)
		}
	}
}

func TestNamesAndOrigins(t *testing.T) {
	d, err := sdp.Parse(load(t, "pipewire.sdp"))
	if err != nil || d.Name != "PipeWire RTP Stream on desk" || d.Origin.User != "carla" || d.Origin.ID != 3883297421 || d.Origin.Address.String() != "192.168.0.20" {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = sdp.Parse(load(t, "vlc.sdp"))
	if err != nil || d.Origin.ID != 17023401834019283212 || d.Origin.Address.IsValid() || d.Info != "N/A" {
		t.Errorf("%+v, %v", d, err)
	}
}

// Keys are taken from trusted files alone, and written only where that is asked for.
func TestKeysStaySecret(t *testing.T) {
	text := load(t, "secret.sdp")
	d, err := sdp.ParseAnnounced(text)
	if err != nil || d.Keys != nil || !d.Secure {
		t.Errorf("an announcement has %v, %v", d.Keys, err)
	}
	if d, err = sdp.Parse(text); err != nil {
		t.Fatal(err)
	}
	public, err := sdp.Write(&d.Stream)
	if err != nil || strings.Contains(string(public), "crypto") || !strings.Contains(string(public), "RTP/SAVP") {
		t.Errorf("%s%v", public, err)
	}
	_, err = sdp.Parse([]byte(strings.Replace(string(text), "AAECAwQF", "", 1)))
	if err == nil || strings.Contains(err.Error(), "BgcICQ") || !strings.Contains(err.Error(), "line 8") {
		t.Errorf("a short key: %v", err)
	}
}

// What is wrong is said in a sentence with the number of the line.
func TestFaults(t *testing.T) {
	good := string(load(t, "st2022-7.sdp"))
	for _, c := range []struct{ old, new, want string }{
		{"v=0", "hello", `line 1, "hello": is no line of SDP`},
		{"v=0\r\n", "", "line 1: this is no description"},
		{"s=console", "x=console", `line 3, "x=console, two networks": is wrong, or in the wrong place`},
		{"t=0 0", "t=now then", "line 4,"},
		{"RTP/AVP", "UDP", "line 6, \"m=audio 5004 UDP 98\": UDP is not RTP"},
		{"audio 5004", "audio 0", "line 6, \"m=audio 0 RTP/AVP 98\": the port must be 1..65535"},
		{"audio 5004", "audio 5004/2", "has several ports"},
		{"m=audio", "m=video", "differs"},
		{"IP4 239.69.1.1/32", "IP4 desk.example.com", "line 7, \"c=IN IP4 desk.example.com\": is no address"},
		{"IP4 239.69.1.1/32", "IP6 239.69.1.1/32", "is no address of IP6"},
		{"239.69.1.1/32", "239.69.1.1/256", "the TTL must be 0..255"},
		{"239.69.1.1/32", "239.69.1.1/32/4", "has several addresses"},
		{"incl IN IP4 239.69.1.1", "incl IP4 239.69.1.1", "line 8,"},
		{"239.69.1.1 10.1.0.9", "239.69.1.1 desk", "desk is no address of a sender"},
		{"L24/48000/2", "L24/1", "line 9, \"a=rtpmap:98 L24/1\": the rate must be 1000..768000 Hz"},
		{"L24/48000/2", "opus/48000/2", "opus cannot be played, only L16, L24, PCMU and PCMA can"},
		{"L24/48000/2", "L24/48000/65", "there must be 1..64 channels"},
		{"L24/48000/2", "L24", "has no rate"},
		{"rtpmap:98", "rtpmap:99", "line 6, \"m=audio 5004 RTP/AVP 98\": payload type 98 has no rtpmap"},
		{"AVP 98", "AVP 298", "298 is no payload type"},
		{"ptime:1\r", "ptime:nan\r", "line 11, \"a=ptime:nan\": the packet time must be more than 0 and at most 200 ms"},
		{"ptime:1\r", "ptime:0.001\r", "is less than a frame at 48000 Hz"},
		{"ptime:1\r", "ptime:2\r", "line 15, \"m=audio 5006 RTP/AVP 98\": differs from the stream"},
		{"SMPTE2110.(ST)", "SMPTE2110.ST", "the channel order must be as in"},
		{"IEEE1588-2008:traceable", "IEEE1588-2008:here", "line 12,"},
		{"IEEE1588-2008:traceable", "PTP:traceable", "the version of PTP"},
		{"IEEE1588-2008:traceable", "IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:256", "the domain of PTP must be 0..255"},
		{"direct=0", "direct=-1", "line 13, \"a=mediaclk:direct=-1\": the offset must be"},
		{"DUP red blue", "DUP red green", "line 5, \"a=group:DUP red green\": no stream has a=mid:green"},
		{"DUP red blue", "DUP red blue green", "the group has 3 streams"},
		{"s=console", "s=con\x01sole", "has a control character"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%q is not there", c.old)
		}
		_, err := sdp.Parse([]byte(text))
		if c.new == "m=video" {
			if err != nil {
				t.Errorf("a video stream before: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n%v, want\n%s", c.new, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"": "line 1", "v=0\no=- 0 0 IN IP4 1.2.3.4\ns=-\nt=0 0\n": "no audio stream",
		"v=0\no=- 0 0 IN IP4 1.2.3.4\ns=-\nt=0 0\nm=audio 4 RTP/AVP 0\n": "line 5, \"m=audio 4 RTP/AVP 0\": there is no line c=",
		strings.Repeat("a", 200<<10):                                     "more than 131072 bytes",
	} {
		if _, err := sdp.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}

// Levels are those of ST 2110-30.
func TestLevel(t *testing.T) {
	for _, c := range []struct {
		rate, packet, channels int
		want                   string
	}{
		{48000, 48, 8, "A"}, {48000, 48, 9, ""}, {48000, 6, 8, "B"}, {48000, 6, 9, "C"}, {48000, 6, 64, "C"}, {48000, 5, 2, ""}, {48000, 0, 2, ""},
		{96000, 96, 4, "AX"}, {96000, 96, 5, ""}, {96000, 12, 8, "BX"}, {96000, 12, 32, "CX"}, {96000, 12, 33, ""}, {44100, 44, 2, ""},
	} {
		s := session.Stream{Payload: session.L24, Rate: c.rate, Packet: c.packet, Channels: c.channels}
		if got := sdp.Level(&s); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
		s.Payload = session.PCMU
		if got := sdp.Level(&s); got != "" {
			t.Errorf("µ-law has level %s", got)
		}
	}
}

// Packet times say how many frames a packet has, at any rate and in few digits.
func TestPacketTimes(t *testing.T) {
	for _, rate := range []int{8000, 32000, 44100, 48000, 88200, 96000, 192000, 11025} {
		for _, frames := range []int{1, 5, 6, 12, 44, 45, 48, 64, 80, 96, 160, 192, 240, 960} {
			s := session.Stream{Payload: session.L16, Type: 99, Rate: rate, Channels: 2, Packet: frames, Paths: []session.Path{path("239.1.1.1:5004", "", 0)}}
			if frames*1000 > rate*200 {
				continue
			}
			text, err := sdp.Write(&s)
			if err != nil {
				t.Fatal(err)
			}
			d, err := sdp.Parse(text)
			if err != nil || d.Packet != frames {
				t.Errorf("%d frames at %d Hz: %d, %v\n%s", frames, rate, d.Packet, err, text)
			}
			if frames == 48 && rate == 44100 && !strings.Contains(string(text), "a=ptime:1.09\r\n") || frames == 6 && rate == 48000 && !strings.Contains(string(text), "a=ptime:0.125\r\n") {
				t.Errorf("%s", text)
			}
		}
	}
}

// Streams that differ have origins that differ, and the same stream has the same.
func TestIdentify(t *testing.T) {
	at := netip.MustParseAddr("192.0.2.1")
	ids := []uint64{}
	for _, name := range []string{"a", "b", "a"} {
		s := session.Stream{Name: name, Payload: session.L24, Type: 98, Rate: 48000, Channels: 2, Paths: []session.Path{path("239.1.1.1:5004", "", 0)}}
		if err := sdp.Identify(&s, at); err != nil || s.Origin.Address != at {
			t.Fatal(err)
		}
		ids = append(ids, s.Origin.ID)
	}
	if ids[0] != ids[2] || ids[0] == ids[1] || slices.Contains(ids, 0) {
		t.Error(ids)
	}
	if err := sdp.Identify(&session.Stream{}, at); err == nil {
		t.Error("a stream without a path has an origin")
	}
}

// Nobody can put lines into a description by a name.
func TestNamesAreOneLine(t *testing.T) {
	s := session.Stream{Name: "x\r\na=mid:1\n", Info: "y\nz", Payload: session.L24, Type: 98, Rate: 48000, Channels: 2, Paths: []session.Path{path("239.1.1.1:5004", "", 0)}}
	s.Origin.User = "me and\nyou"
	text, err := sdp.Write(&s)
	if err != nil || strings.Contains(string(text), "\na=mid") || strings.Contains(string(text), "\nz") || !strings.Contains(string(text), "o=me_andyou 0") {
		t.Errorf("%s%v", text, err)
	}
}

// Whatever is read can be written, and means the same then.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.sdp")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := sdp.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		again, err := sdp.WriteSecret(&d.Stream)
		if err != nil {
			t.Fatalf("%v\n%q", err, text)
		}
		second, err := sdp.Parse(again)
		if err != nil {
			t.Fatalf("%v\n%q\n%s", err, text, again)
		}
		if second.Payload != d.Payload || second.Rate != d.Rate || second.Channels != d.Channels || second.Packet != d.Packet || len(second.Paths) != len(d.Paths) ||
			second.Paths[0].To != d.Paths[0].To || second.Positions != d.Positions || second.Direct != d.Direct {
			t.Fatalf("%+v\n%+v\n%s", d, second, again)
		}
	})
}

// A channel order that does not fit the channels, or that is not one of the groups, says nothing.
func TestChannelOrders(t *testing.T) {
	good := string(load(t, "st2110-30.sdp"))
	for order, known := range map[string]bool{"SMPTE2110.(51)": true, "SMPTE2110.(ST)": false, "SMPTE2110.(51,ST)": false, "SMPTE2110.(U06)": false, "DV.LRLsRsCS": false} {
		d, err := sdp.Parse([]byte(strings.Replace(good, "SMPTE2110.(51)", order, 1)))
		if err != nil || d.Positions.Known() != known {
			t.Errorf("%s: %v, %v", order, d.Positions, err)
		}
	}
}
