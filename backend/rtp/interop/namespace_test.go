package interop_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// place is where a rig starts programs: a network namespace, which a process holds; nil: that of the test.
type place struct{ holder *process }

// pid is that of a process in the place.
func (p *place) pid() string {
	if p == nil {
		return "self"
	}
	return strconv.Itoa(p.holder.Process.Pid)
}

// in is the command that starts another one there.
func (p *place) in(command ...string) []string {
	if p == nil {
		return command
	}
	return append([]string{"nsenter", "-t", p.pid(), "-n", "--"}, command...)
}

// hosts returns two rigs with a folder in common, each on a network of its own, joined by a cable: the interface eth0 of
// both, 10.9.0.1 and 10.9.0.2. It skips the test if that is not possible.
func hosts(t *testing.T, programs ...string) (a, b *rig) {
	t.Helper()
	r := newRig(t, append(programs, "ip", "nsenter", "unshare")...)
	if os.Getuid() != 0 {
		t.Skip("not tested: streams between two network namespaces; only root may make some")
	}
	one, two := *r, *r
	a, b = &one, &two
	for _, host := range []*rig{a, b} {
		holder := r.start("unshare", "-n", "sleep", "1000")
		own, err := os.Readlink("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		r.until("a network namespace is there", func() bool {
			name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", holder.Process.Pid))
			if !holder.running() {
				t.Skipf("not tested: streams between two network namespaces; none can be made here: %s", holder.output.String())
			}
			return err == nil && name != own
		})
		host.place = &place{holder}
	}
	a.ip("link", "set", "lo", "up")
	b.ip("link", "set", "lo", "up")
	a.cable(b)
	return a, b
}

// cable joins two hosts.
func (r *rig) cable(other *rig) {
	r.Helper()
	r.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.place.pid())
	for i, host := range []*rig{r, other} {
		host.ip("addr", "add", fmt.Sprintf("10.9.0.%d/24", i+1), "dev", "eth0")
		host.ip("link", "set", "eth0", "up")
		host.ip("route", "add", "224.0.0.0/4", "dev", "eth0")
	}
}

// ip runs the command ip there.
func (r *rig) ip(args ...string) {
	r.Helper()
	p := r.start("ip", args...)
	p.succeeds(r)
	if r.Failed() {
		r.Fatalf("ip %s: %s", strings.Join(args, " "), p.output.String())
	}
}

// A stream comes to a group from another machine. The interface goes down and up, and then it goes altogether, with all that
// was known of it, and comes again: so does the stream.
func TestInterfaceThatGoesAndComes(t *testing.T) {
	t.Parallel()
	a, b := hosts(t, "ffmpeg")
	const group = "239.69.9.1:5004"
	s := l24
	d := a.device("[device.receive]\ninterface = \"eth0\"\ntimeout = \"1s\"\nlatency = \"500ms\"\n"+s.fieldsTo(group), s, "record")
	recorder := a.loopbridge(s.raw("record", "--wait=30s", "loop", "recorded.raw")...)
	sound := s.noise(20)
	send := func() {
		b.start("ffmpeg", "-nostdin", "-v", "error", "-re", "-f", s.ffmpegFormat(), "-ar", "48000", "-ac", "2", "-i",
			b.write("sent", sound), "-c:a", "copy", "-f", "rtp", "-payload_type", strconv.Itoa(s.kind), "rtp://"+group+"?pkt_size=300&ttl=4")
	}
	gone, back := "null stands in", "takes over from null"
	send()
	d.saysTimes(a, back, 1)
	a.ip("link", "set", "eth0", "down")
	d.saysTimes(a, gone, 1)
	a.ip("link", "set", "eth0", "up")
	a.ip("route", "add", "224.0.0.0/4", "dev", "eth0")
	d.saysTimes(a, back, 2)
	a.ip("link", "del", "eth0")
	d.saysTimes(a, gone, 2)
	a.cable(b)
	send()
	d.saysTimes(a, back, 3)
	from := a.size("recorded.raw")
	a.holds("recorded.raw", from+3*s.rate*s.frame())
	recorder.stop(a)
	s.unbroken(t, sound, s.swapped(a.read("recorded.raw")[from/s.frame()*s.frame():]), s.rate/4)
}
