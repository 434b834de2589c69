package alsatest_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// jackd plays at a server end, to clients that come and go. Its xruns, after which it drops,
// prepares and starts, are gaps to a client, and no end.
func TestJackdAtAServerEnd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jackd"); err != nil {
		t.Skip("not tested: jackd at the server end of a loop; it is not installed")
	}
	r := newRig(t, inRealTime, loop.Spec{Name: "loop0", OnClientClose: loop.Hold})
	command := []string{"JACK_NO_AUDIO_RESERVATION=1", "jackd", "--name", fmt.Sprint("loopbridge-", os.Getpid(), "-end"), "--no-realtime", "--no-mlock", "-d"}
	var jackd *program
	t.Cleanup(func() { tidyJack(jackd, command) })
	jackd = r.start("env", append(command, "alsa", "-P", "loopbridge:loop0,server", "-r", "48000", "-p", "1024", "-n", "4", "-o", "2")...)
	r.until("jackd has begun", func() bool {
		if jackd.ended() {
			t.Fatalf("jackd has ended: %s%s", jackd.stdout.String(), jackd.stderr.String())
		}
		return r.status("loop0").Server.State == ring.Armed
	})
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
	last := client()
	if jackd.ended() {
		t.Errorf("jackd has ended: %s", jackd.stderr.String())
	}
	_ = jackd.Process.Signal(syscall.SIGTERM) // it hears of that while it plays
	jackd.succeeds(r)
	last.wait(r)
}

// tidyJack makes room for other servers of JACK, if one was killed: a machine has room for
// eight that were. The next of its name does that when it starts.
func tidyJack(killed *program, command []string) {
	if killed == nil || killed.ProcessState == nil || killed.ProcessState.Exited() {
		return
	}
	heir := exec.Command("env", append(command, "dummy")...)
	if heir.Start() != nil {
		return
	}
	_ = exec.Command("jack_wait", "--server", command[3], "--wait", "--timeout", "20").Run()
	_ = heir.Process.Signal(syscall.SIGTERM)
	_ = heir.Wait()
}
