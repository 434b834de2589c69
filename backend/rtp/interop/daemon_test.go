package interop_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/client/control"
)

// ours is our program, built once for all tests.
var ours struct {
	sync.Once
	err error
}

// common is the folder of all tests: of our program, and of what GStreamer finds out about itself.
var common string

// atOnce is how many tests run at the same time. They wait nearly all of the time.
const atOnce = "4"

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	flag.Parse()
	err := flag.Set("test.parallel", atOnce)
	if err == nil {
		common, err = os.MkdirTemp("", "lb")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(common)
	return m.Run()
}

// loopbridge starts our program.
func (r *rig) loopbridge(args ...string) *process {
	r.Helper()
	ours.Do(func() {
		build := exec.Command("go", "build", "-buildvcs=false", "-o", common, "../../../cmd/loopbridge")
		if out, err := build.CombinedOutput(); err != nil {
			ours.err = fmt.Errorf("go build: %w: %s", err, out)
		}
	})
	if ours.err != nil {
		r.Fatal(ours.err)
	}
	return r.start(filepath.Join(common, "loopbridge"), args...)
}

// device starts a daemon with a device "net" of a stream, and a loop at one side of it.
func (r *rig) device(direction string, s stream, side string) *process {
	r.Helper()
	config := fmt.Sprintf("[daemon]\nstate = \"none\"\n[[device]]\nname = \"net\"\nbackend = \"rtp\"\nrate = %d\nchannels = %d\nformat = %q\nperiod = \"10ms\"\n"+
		"%s\n[[loop]]\nname = \"loop\"\nserver = { device = \"net\", side = %q }\n", s.rate, s.channels, s.encoding(), direction, side)
	d := r.loopbridge("serve", "--config", r.write("loopbridge.toml", []byte(config)))
	d.says(r, `"running"`)
	return d
}

// encoding is that of files, which have the bytes of packets in the other order.
func (s stream) encoding() string {
	return map[int]string{1: "MU_LAW", 2: "S16_LE", 3: "S24_3LE"}[s.bytes]
}

// raw are the options of play and record for files without a header.
func (s stream) raw(args ...string) []string {
	return append(args, "--raw", "--rate", fmt.Sprint(s.rate), "--channels", fmt.Sprint(s.channels), "--format", s.encoding(), "--buffer", "500ms")
}

// fields are the keys of both directions.
func (s stream) fields(port int) string { return s.fieldsTo(fmt.Sprintf("127.0.0.1:%d", port)) }

func (s stream) fieldsTo(address string) string {
	return fmt.Sprintf("address = %q\npayload = %q\npayload_type = %d\npacket = %d\n", address, s.name, s.kind, s.packet)
}

// weHear records what comes to a port until there are so many frames.
func (r *rig) weHear(s stream, port, frames int, send func()) []byte {
	r.Helper()
	// Another program sends when it gets to, and this one may have to wait for the processor: what is to be heard is
	// whether something is lost, and not how soon it comes.
	d := r.device("[device.receive]\nlatency = \"500ms\"\n"+s.fields(port), s, "record")
	r.bound(port)
	send()
	return r.records(s, d, frames)
}

// records returns so many frames of what comes out of the loop of a device, once it hears its stream.
func (r *rig) records(s stream, d *process, frames int) []byte {
	r.Helper()
	d.says(r, "takes over from null")
	r.loopbridge(s.raw("record", "--wait=30s", "--duration", fmt.Sprintf("%dms", frames*1000/s.rate), "loop", "recorded.raw")...).succeeds(r)
	if now, err := control.New(r.path("lb.sock")).State(r.Context(), "net"); err == nil && now.Hardware != nil && now.Hardware.Network != nil {
		r.Logf("the device has seen %+v", *now.Hardware.Network)
	}
	return s.swapped(r.read("recorded.raw"))
}

// wePlay sends to a port. It ends when all is sent.
func wePlay(r *rig, s stream, sent []byte, port int) *process {
	d := r.device("[device.send]\n"+s.fields(port), s, "play")
	d.says(r, "takes over from null") // which has no sound
	return r.loopbridge(s.raw("play", "loop", r.write("played.raw", s.swapped(sent)))...)
}

// streams are those that a program is tried with.
func streams(program string) []stream {
	switch program {
	case "VLC":
		return []stream{cd}
	case "PipeWire":
		return []stream{pw}
	case "GStreamer":
		return []stream{l24}
	}
	return []stream{l24, l16, pcmu}
}

// What others send comes out of the loop of a device, bit for bit.
func TestWeHear(t *testing.T) {
	for _, from := range senders {
		for _, s := range streams(from.name) {
			t.Run(from.name+"_"+s.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, from.needs...)
				port, sent := r.port(), s.sound(8, from.converts)
				seconds := 2
				if from.name == "VLC" {
					seconds = 5 // the first of which is not in time: it begins with what it has read ahead, all at once
				}
				heard := r.weHear(s, port, seconds*s.rate, func() { from.start(r, s, sent, port) })
				s.arrived(t, from.converts, sent, heard)
			})
		}
	}
}

// What is played into the loop of a device comes out of other programs, bit for bit.
func TestTheyHear(t *testing.T) {
	for _, to := range receivers {
		for _, s := range streams(to.name) {
			t.Run(to.name+"_"+s.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, to.needs...)
				port, sent := r.port(), s.sound(4, to.converts)
				hearing := to.start(r, s, port)
				wePlay(r, s, sent, port)
				heard := to.heard(r, s, hearing, 2*s.rate)
				s.arrived(t, to.converts, sent, heard)
			})
		}
	}
}
