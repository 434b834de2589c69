package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// SIPp, which measures telephone exchanges, calls thirty times, each time as soon as it has hung up.
func TestSippCalls(t *testing.T) {
	t.Parallel() // it mostly waits for the clock
	path, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("not tested: calls of SIPp; it is not installed (Debian: sip-tester)")
	}
	a := newExchange(t, loop.Reset).phone("a")
	_, at, _ := strings.Cut(a.uri, "@")
	sipp := exec.CommandContext(servertest.Guard(t), path, "-sn", "uac", "-m", "30", "-l", "1", "-r", "1000", "-d", "1", "-i", "127.0.0.1", "-nostdin", at)
	sipp.Dir = t.TempDir()
	if out, err := sipp.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, a.text())
	}
	// A BYE can overtake the ACK before it: then the call was not answered.
	a.until("(?s)" + strings.Repeat("(ended: the other side hung up|not answered: the other side has given up).*", 30))
}
