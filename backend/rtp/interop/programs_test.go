package interop_test

import (
	"fmt"
	"strconv"
	"testing"
)

// sender is a program that sends a file once, in the time that it takes to hear it, and ends.
type sender struct {
	name  string
	needs []string
	start func(r *rig, s stream, sent []byte, port int) *process
	// converts: it does not keep every bit, as it has a clock and a resampler of its own.
	converts bool
}

// receiver is a program that writes what it hears at a port.
type receiver struct {
	name  string
	needs []string
	// start returns the program, ready to hear.
	start func(r *rig, s stream, port int) *process
	// heard stops it once it has so many frames, and returns them as they are in packets.
	heard    func(r *rig, s stream, p *process, frames int) []byte
	converts bool // as of a sender
}

var senders = []sender{
	{"FFmpeg", []string{"ffmpeg"}, ffmpegSends, false},
	{"GStreamer", []string{"gst-launch-1.0"}, gstreamerSends, false},
	{"VLC", []string{"cvlc"}, vlcSends, false},
	{"PipeWire", pipewireNeeds, pipewireSends, true},
}

var receivers = []receiver{
	{"FFmpeg", []string{"ffmpeg"}, ffmpegHears, heardFile, false},
	{"GStreamer", []string{"gst-launch-1.0"}, gstreamerHears, heardFile, false},
	{"VLC", []string{"cvlc"}, vlcHears, heardFile, false},
	{"PipeWire", pipewireNeeds, pipewireHears, pipewireHeard, true},
}

// The programs understand each other: what follows is about ours.
func TestOthersAmongThemselves(t *testing.T) {
	for _, from := range senders {
		for _, to := range receivers {
			if (from.name == "FFmpeg") == (to.name == "FFmpeg") || from.converts || to.converts {
				continue
			}
			s := l24
			if from.name == "VLC" || to.name == "VLC" {
				s = cd
			}
			t.Run(from.name+"_to_"+to.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, append(from.needs, to.needs...)...)
				sent, port := s.noise(2), r.port()
				hearing := to.start(r, s, port)
				sending := from.start(r, s, sent, port)
				heard := to.heard(r, s, hearing, s.rate)
				sending.succeeds(r)
				s.arrived(t, false, sent, heard)
			})
		}
	}
}

// sdp describes a stream to a port of this machine, as a person would write it.
func (s stream) sdp(port int) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP %d\r\na=rtpmap:%d %s/%d/%d\r\na=ptime:%g\r\n",
		port, s.kind, s.kind, s.name, s.rate, s.channels, float64(s.packet)*1000/float64(s.rate))
}

// ffmpegFormat is the stream as FFmpeg calls it, in the order of bytes of packets.
func (s stream) ffmpegFormat() string {
	return map[int]string{1: "mulaw", 2: "s16be", 3: "s24be"}[s.bytes]
}

func ffmpegSends(r *rig, s stream, sent []byte, port int) *process {
	return r.ffmpegSends(s, sent, port, "rtp")
}

// ffmpegSends sends by a protocol of FFmpeg, with more options for what is sent.
func (r *rig) ffmpegSends(s stream, sent []byte, port int, protocol string, options ...string) *process {
	r.Helper()
	args := []string{"-nostdin", "-v", "error", "-re", "-f", s.ffmpegFormat(), "-ar", strconv.Itoa(s.rate), "-ac", strconv.Itoa(s.channels),
		"-i", r.write("sent", sent), "-c:a", "copy", "-f", "rtp", "-payload_type", strconv.Itoa(s.kind)}
	to := fmt.Sprintf("%s://127.0.0.1:%d?pkt_size=%d", protocol, port, 12+s.packet*s.frame())
	return r.start("ffmpeg", append(append(args, options...), to)...)
}

func ffmpegHears(r *rig, s stream, port int) *process { return r.ffmpegHears(s, port, s.sdp(port)) }

// ffmpegHears hears what a description says.
func (r *rig) ffmpegHears(s stream, port int, description string) *process {
	r.Helper()
	p := r.start("ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,udp,rtp,srtp", "-buffer_size", "2000000",
		"-i", r.write("heard.sdp", []byte(description)), "-c:a", "copy", "-flush_packets", "1", "-f", s.ffmpegFormat(), "heard")
	r.bound(port)
	return p
}

// heardFile is for a program that writes the file heard.
func heardFile(r *rig, s stream, p *process, frames int) []byte {
	r.holds("heard", frames*s.frame())
	p.stop(r)
	return r.read("heard")
}

func gstreamerSends(r *rig, s stream, sent []byte, port int) *process {
	format, pcm := "pcm", s.ffmpegFormat()
	if s.bytes == 1 {
		format, pcm = "mulaw", "s16be" // the second is of no matter
	}
	ns := strconv.Itoa(s.packet * 1e9 / s.rate)
	return r.start("gst-launch-1.0", "-q", "filesrc", "location="+r.write("sent", sent), "blocksize=4800", "!", "rawaudioparse", "use-sink-caps=false",
		"format="+format, "pcm-format="+pcm, "sample-rate="+strconv.Itoa(s.rate), "num-channels="+strconv.Itoa(s.channels), "!", s.gstreamer("pay"), "pt="+strconv.Itoa(s.kind),
		"min-ptime="+ns, "max-ptime="+ns, "!", "udpsink", "host=127.0.0.1", "port="+strconv.Itoa(port), "sync=true")
}

// gstreamer is the element that packs, "pay", or unpacks, "depay".
func (s stream) gstreamer(what string) string {
	return map[string]string{"L16": "rtpL16", "L24": "rtpL24", "PCMU": "rtppcmu"}[s.name] + what
}

func gstreamerHears(r *rig, s stream, port int) *process {
	caps := fmt.Sprintf("caps=application/x-rtp,media=audio,clock-rate=%d,encoding-name=%s,channels=%d,payload=%d", s.rate, s.name, s.channels, s.kind)
	p := r.start("gst-launch-1.0", "-q", "udpsrc", "address=127.0.0.1", "port="+strconv.Itoa(port), "buffer-size=1000000", caps, "!", "rtpjitterbuffer", "latency=200",
		"!", s.gstreamer("depay"), "!", "filesink", "location=heard", "buffer-mode=unbuffered")
	r.bound(port)
	return p
}
