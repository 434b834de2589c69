package alsatest_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
)

// jackd plays at a server end, to clients that come and go. Its xruns, after which it drops,
// prepares and starts, are gaps to a client, and no end.
func TestJackdAtAServerEnd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jackd"); err != nil {
		t.Skip("not tested: jackd at the server end of a loop; it is not installed")
	}
	r := newRig(t, inRealTime, loop.Spec{Name: "loop0", OnClientClose: loop.Hold})
	jackd := r.start("env", "JACK_NO_AUDIO_RESERVATION=1", "jackd", "--name", fmt.Sprint("lb", os.Getpid()), "--no-realtime",
		"-d", "alsa", "-P", "loopbridge:loop0,server", "-r", "48000", "-p", "1024", "-n", "4", "-o", "2")
	r.serverArmed("loop0")
	client := func() *program {
		t.Helper()
		p := r.start("arecord", "-q", "-D", "loopbridge:loop0", "-f", "dat", "-t", "raw", "/dev/null")
		r.until("the client gets frames", func() bool { return r.status("loop0").Client.Moved > 4800 })
		return p
	}
	first := client()
	for range 3 {
		before := r.status("loop0").Server.Xruns
		if err := jackd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		r.until("jackd is late", func() bool { return r.status("loop0").Server.Xruns > before })
		if err := jackd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		written, read := r.status("loop0").Server.Moved, r.status("loop0").Client.Moved
		r.until("jackd goes on, and its client hears it", func() bool {
			s := r.status("loop0")
			if first.ended() {
				t.Fatalf("the client has ended: %s", first.stderr.String())
			}
			return s.Server.Moved > written+9600 && s.Client.Moved > read+9600
		})
	}
	first.stop(r)
	r.until("the client has gone", func() bool { return !r.status("loop0").Client.Open })
	client().stop(r)
	if jackd.ended() {
		t.Errorf("jackd has ended: %s", jackd.stderr.String())
	}
}
