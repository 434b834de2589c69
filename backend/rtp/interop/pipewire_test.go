package interop_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
)

// pipewireNeeds are PipeWire, its client, and WirePlumber, which connects the two.
var pipewireNeeds = []string{"pipewire", "wireplumber", "pw-cat"}

const pipewireConfig = `
context.properties = { core.daemon = true core.name = pipewire-0 default.clock.rate = %d default.clock.allowed-rates = [ %[1]d ]
	default.clock.quantum = 2048 default.clock.min-quantum = 2048 }
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support }
context.modules = [
	{ name = libpipewire-module-protocol-native }
	{ name = libpipewire-module-metadata }
	{ name = libpipewire-module-spa-node-factory }
	{ name = libpipewire-module-client-node }
	{ name = libpipewire-module-access }
	{ name = libpipewire-module-adapter }
	{ name = libpipewire-module-link-factory }
	{ name = libpipewire-module-session-manager }
	{ name = libpipewire-module-%s }
]
context.objects = [
	{ factory = spa-node-factory args = { factory.name = support.node.driver node.name = clock node.group = pipewire.dummy priority.driver = 20000 } }
]
`

// pipewire starts a PipeWire of this test alone, which knows no hardware and no bus, with a module of RTP.
func (r *rig) pipewire(rate int, module string) {
	r.Helper()
	for name, text := range map[string]string{
		"main.lua.d/51-none.lua": "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\nlibcamera_monitor.enabled = false\n" +
			"default_access.properties[\"enable-flatpak-portal\"] = false\n",
		"bluetooth.lua.d/51-none.lua": "bluez_monitor.enabled = false\n",
	} {
		if err := os.MkdirAll(filepath.Dir(r.path("wireplumber/"+name)), 0o755); err != nil {
			r.Fatal(err)
		}
		r.write("wireplumber/"+name, []byte(text))
	}
	r.start("pipewire", "-c", r.write("pipewire.conf", fmt.Appendf(nil, pipewireConfig, rate, module)))
	r.until("PipeWire listens", func() bool {
		_, err := os.Stat(r.path("pipewire-0"))
		return err == nil
	})
	r.start("wireplumber")
}

// pipewireSends ends when pw-cat has played.
func pipewireSends(r *rig, s stream, sent []byte, port int) *process {
	r.pipewire(s.rate, fmt.Sprintf("rtp-sink args = { source.ip = 127.0.0.1 destination.ip = 127.0.0.1 destination.port = %d sap.ip = 127.0.0.1 sap.port = %d "+
		"local.ifname = lo net.loop = true sess.name = test audio.format = S%dBE audio.rate = %d audio.channels = %d stream.props = { node.name = to-net media.class = Audio/Sink } }",
		port, r.port(), 8*s.bytes, s.rate, s.channels))
	return r.start("pw-cat", "-p", "--latency", "200ms", "--target", "to-net", r.write("sent.wav", s.wav(sent)))
}

// pipewireHears has to be told of the stream by an announcement (RFC 2974).
func pipewireHears(r *rig, s stream, port int) *process {
	sap := r.port()
	r.pipewire(s.rate, fmt.Sprintf("rtp-source args = { local.ifname = lo sap.ip = 127.0.0.1 sap.port = %d sess.latency.msec = 200 stream.props = { media.class = Audio/Source } }", sap))
	r.bound(sap)
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(sap))))
	if err != nil {
		r.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(s.announcement(port)); err != nil {
		r.Fatal(err)
	}
	r.bound(port)
	return r.start("pw-cat", "-r", "--latency", "200ms", "--target", "test", "--format", "f32", "--rate", fmt.Sprint(s.rate), "--channels", fmt.Sprint(s.channels), "heard.wav")
}

func pipewireHeard(r *rig, s stream, p *process, frames int) []byte {
	r.holds("heard.wav", frames*s.channels*4)
	p.stop(r)
	return s.fromWAV(r.read("heard.wav"))
}

// announcement is that of a stream to a port of this machine.
func (s stream) announcement(port int) []byte {
	return append([]byte{1 << 5, 0, 0, 1, 127, 0, 0, 1}, "application/sdp\x00"+s.sdp(port)...)
}

// wav returns sound as a WAV file of floats, each of them exact.
func (s stream) wav(p []byte) []byte {
	const header = 44
	samples := len(p) / s.bytes
	f := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(f[4:], uint32(header-8+4*samples))
	f = append(f, "WAVEfmt "...)
	f = binary.LittleEndian.AppendUint32(f, 16)
	f = binary.LittleEndian.AppendUint16(f, 3)
	f = binary.LittleEndian.AppendUint16(f, uint16(s.channels))
	f = binary.LittleEndian.AppendUint32(f, uint32(s.rate))
	f = binary.LittleEndian.AppendUint32(f, uint32(s.rate*s.channels*4))
	f = binary.LittleEndian.AppendUint16(f, uint16(s.channels*4))
	f = binary.LittleEndian.AppendUint16(f, 32)
	f = binary.LittleEndian.AppendUint32(append(f, "data"...), uint32(4*samples))
	for i := range samples {
		v := int32(0)
		for at, b := range p[i*s.bytes:][:s.bytes] {
			v |= int32(b) << (24 - 8*at)
		}
		f = binary.LittleEndian.AppendUint32(f, math.Float32bits(float32(v)/(1<<31)))
	}
	return f
}

// fromWAV is the reverse of wav.
func (s stream) fromWAV(f []byte) (p []byte) {
	_, data, _ := bytes.Cut(f, []byte("data"))
	for at := 4; at+4 <= len(data); at += 4 {
		v := int32(math.Round(float64(math.Float32frombits(binary.LittleEndian.Uint32(data[at:]))) * (1 << 31)))
		p = append(p, binary.BigEndian.AppendUint32(nil, uint32(v))[:s.bytes]...)
	}
	return p
}
