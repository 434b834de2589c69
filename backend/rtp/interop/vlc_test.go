package interop_test

import "fmt"

// vlc starts VLC without a window. It refuses root.
func (r *rig) vlc(args ...string) *process {
	r.Helper()
	return r.startAs(nobody, "cvlc", append([]string{"-I", "dummy", "--no-dbus", "--no-xlib", "--quiet"}, args...)...)
}

func vlcSends(r *rig, s stream, sent []byte, port int) *process {
	r.write("sent.raw", s.swapped(sent))
	return r.vlc("--play-and-exit", "--demux=rawaud", "--rawaud-fourcc=s16l", fmt.Sprintf("--rawaud-samplerate=%d", s.rate), fmt.Sprintf("--rawaud-channels=%d", s.channels),
		r.path("sent.raw"), fmt.Sprintf("--sout=#rtp{dst=127.0.0.1,port=%d}", port))
}

// vlcHears understands what RFC 3551 gives a number to, without SDP: Debian builds it without a parser of that.
func vlcHears(r *rig, s stream, port int) *process {
	p := r.vlc(fmt.Sprintf("rtp://@127.0.0.1:%d", port), "--sout=#std{access=file,mux=dummy,dst="+r.path("heard")+"}")
	r.bound(port)
	return p
}
