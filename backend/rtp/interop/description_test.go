package interop_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// FFmpeg takes our description of what we send.
func TestFFmpegTakesOurDescription(t *testing.T) {
	t.Parallel()
	r := newRig(t, "ffmpeg")
	port, sent := r.port(), l24.noise(4)
	r.device("[device.send]\n"+l24.fields(port), l24, "play")
	p := r.loopbridge("device", "sdp", "net")
	p.succeeds(r)
	hearing := r.ffmpegHears(l24, port, p.output.String())
	r.loopbridge(l24.raw("play", "loop", r.write("played.raw", l24.swapped(sent)))...)
	l24.arrived(t, false, sent, heardFile(r, l24, hearing, l24.rate))
}

// GStreamer takes our description of what we send.
func TestGStreamerTakesOurDescription(t *testing.T) {
	t.Parallel()
	r := newRig(t, "gst-launch-1.0")
	if exec.Command("gst-inspect-1.0", "--exists", "sdpdemux").Run() != nil {
		t.Skip("not tested: descriptions (SDP) with GStreamer; it has no sdpdemux (Debian: gstreamer1.0-plugins-bad)")
	}
	port, sent := r.port(), l24.noise(6)
	r.device("[device.send]\n"+l24.fields(port), l24, "play")
	p := r.loopbridge("device", "sdp", "net")
	p.succeeds(r)
	hearing := r.start("gst-launch-1.0", "-q", "filesrc", "location="+r.write("ours.sdp", []byte(p.output.String())), "!", "sdpdemux", "latency=200", "!",
		l24.gstreamer("depay"), "!", "filesink", "location=heard", "buffer-mode=unbuffered")
	r.bound(port)
	r.loopbridge(l24.raw("play", "loop", r.write("played.raw", l24.swapped(sent)))...)
	l24.arrived(t, false, sent, heardFile(r, l24, hearing, 2*l24.rate))
}

// We take the description of FFmpeg of what it sends.
func TestWeTakeTheDescriptionOfFFmpeg(t *testing.T) {
	t.Parallel()
	r := newRig(t, "ffmpeg")
	sent := l24.noise(12)
	r.ffmpegSends(l24, sent, r.port(), "rtp", "-sdp_file", "ffmpeg.sdp")
	r.until("FFmpeg has described what it sends", func() bool {
		text, _ := os.ReadFile(r.path("ffmpeg.sdp"))
		return strings.Contains(string(text), "rtpmap")
	})
	d := r.device("[device.receive]\nlatency = \"500ms\"\nsdp = "+strconv.Quote(r.path("ffmpeg.sdp")), l24, "record")
	l24.arrived(t, false, sent, r.records(l24, d, 2*l24.rate))
}

// secret is a master key and a salt of SRTP (RFC 3711).
var secret = base64.StdEncoding.EncodeToString([]byte("a key of 16 byte, salt of 14 b"))

// keys writes a file with the secret, and returns its line of the configuration.
func (r *rig) keys() string {
	r.Helper()
	file := r.write("keys", []byte(secret+"\n"))
	if err := os.Chmod(file, 0o600); err != nil {
		r.Fatal(err)
	}
	return fmt.Sprintf("keys = %q\n", file)
}

// FFmpeg deciphers what we send (SRTP), and hears nothing without the key.
func TestFFmpegDeciphers(t *testing.T) {
	for name, key := range map[string]string{"right": secret, "wrong": strings.Replace(secret, "Y", "Z", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "ffmpeg")
			port, sent := r.port(), l24.noise(4)
			description := strings.Replace(l24.sdp(port), "RTP/AVP", "RTP/SAVP", 1) + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"
			hearing := r.ffmpegHears(l24, port, description)
			r.device("[device.send]\n"+r.keys()+l24.fields(port), l24, "play")
			player := r.loopbridge(l24.raw("play", "loop", r.write("played.raw", l24.swapped(sent)))...)
			if key != secret {
				player.succeeds(r)
				hearing.stop(r)
				if info, err := os.Stat(r.path("heard")); err == nil && info.Size() > 0 {
					t.Errorf("with another key FFmpeg hears %d bytes", info.Size())
				}
				return
			}
			l24.arrived(t, false, sent, heardFile(r, l24, hearing, l24.rate))
		})
	}
}

// We decipher what FFmpeg sends.
func TestWeDecipher(t *testing.T) {
	t.Parallel()
	r := newRig(t, "ffmpeg")
	port, sent := r.port(), l24.noise(6)
	d := r.device("[device.receive]\nlatency = \"500ms\"\n"+r.keys()+l24.fields(port), l24, "record")
	r.bound(port)
	r.ffmpegSends(l24, sent, port, "srtp", "-srtp_out_suite", "SRTP_AES128_CM_HMAC_SHA1_80", "-srtp_out_params", secret)
	l24.arrived(t, false, sent, r.records(l24, d, 2*l24.rate))
}
