package interop_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client/control"
)

// announcements is where those of groups of an organisation go (RFC 2974, RFC 2365).
const announcements = "239.255.255.255"

// PipeWire hears of a stream that we announce to a group, and plays it.
func TestPipeWireFindsUs(t *testing.T) {
	t.Parallel()
	a, b := hosts(t, pipewireNeeds...)
	s := pw
	b.pipewire(s.rate, "rtp-source args = { local.ifname = eth0 sap.ip = "+announcements+
		" sess.latency.msec = 200 stream.props = { media.class = Audio/Source } }")
	b.bound(9875)
	a.device("[device.send]\ninterface = \"eth0\"\nannounce = true\n"+s.fieldsTo("239.69.9.2:5004"), s, "play")
	a.loopbridge(s.raw("play", "loop", a.write("played.raw", s.swapped(s.tone(5))))...)
	b.bound(5004)
	recorder := b.start("pw-cat", "-r", "--latency", "200ms", "--target", "net", "--format", "f32", "--rate", fmt.Sprint(s.rate), "--channels", fmt.Sprint(s.channels), "heard.wav")
	s.sounds(t, pipewireHeard(b, s, recorder, 2*s.rate), 3)
}

// VLC lists a stream that we announce to a group.
func TestVLCFindsUs(t *testing.T) {
	t.Parallel()
	a, b := hosts(t, "cvlc")
	listing := b.startAs(nobody, "cvlc", "-I", "dummy", "--no-dbus", "--no-xlib", "-vv", "--services-discovery", "sap")
	b.bound(9875)
	a.device("[device.send]\ninterface = \"eth0\"\nannounce = true\n"+l24.fieldsTo("239.69.9.4:5004"), l24, "play")
	a.loopbridge(l24.raw("play", "loop", a.write("played.raw", l24.swapped(l24.noise(5))))...)
	listing.says(b, "adding: net")
}

// We hear of a stream that PipeWire announces, and record it with what it has said.
func TestWeFindPipeWire(t *testing.T) {
	t.Parallel()
	a, b := hosts(t, pipewireNeeds...)
	s := pw
	d := a.loopbridge("serve", "--config", a.write("loopbridge.toml", []byte("[daemon]\nstate = \"none\"\ndiscover = true\n")))
	d.says(a, `"running"`)
	a.bound(9875)
	b.pipewire(s.rate, fmt.Sprintf("rtp-sink args = { source.ip = 10.9.0.2 destination.ip = 239.69.9.3 destination.port = 5006 sap.ip = %s "+
		"local.ifname = eth0 net.ttl = 4 sess.name = studio audio.format = S24BE audio.rate = %d audio.channels = %d "+
		"stream.props = { node.name = to-net media.class = Audio/Sink } }", announcements, s.rate, s.channels))
	b.start("pw-cat", "-p", "--latency", "200ms", "--target", "to-net", b.write("sent.wav", s.wav(s.tone(20))))
	operator := control.New(a.path("lb.sock"))
	var found api.Stream
	a.until("the daemon knows the stream", func() bool {
		known, err := operator.Streams(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, found = range known.Streams {
			if found.Name == "studio" && slices.Contains(found.Addresses, "239.69.9.3:5006") {
				return true
			}
		}
		return false
	})
	device := fmt.Sprintf(`{"name": "net", "backend": "rtp", "period": "10ms", "receive": {"sdp": %q, "latency": "500ms"}}`, found.SDP)
	if _, err := operator.AddDevice(t.Context(), []byte(device)); err != nil {
		t.Fatal(err)
	}
	if err := operator.AddLoop(t.Context(), []byte(`{"name": "loop", "server": {"device": "net", "side": "record"}}`)); err != nil {
		t.Fatal(err)
	}
	recorder := a.loopbridge(s.raw("record", "--wait=30s", "--duration", "3s", "loop", "recorded.raw")...)
	recorder.succeeds(a)
	s.sounds(t, s.swapped(a.read("recorded.raw")), 3)
}
