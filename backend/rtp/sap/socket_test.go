package sap_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/backend/rtp/sap"
)

// Two directories of one machine hear each other through the kernel.
func TestSockets(t *testing.T) {
	from, err := sap.Open(false)
	if err != nil {
		t.Skip("not tested: announcements through the kernel:", err)
	}
	to, err := sap.Open(true)
	if err != nil {
		_ = from.Close()
		t.Skip("not tested: announcements through the kernel:", err)
	}
	sender, listener := sap.New(from, false), sap.New(to, true)
	defer listener.Close()
	name := fmt.Sprint("through-the-kernel-", os.Getpid()) // others on this machine may announce, too
	s := stream(name, "239.69.1.1:5004")
	s.Paths[0].Device = "lo"
	a, err := sender.Announce(s)
	if err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(names(listener), name) {
		<-listener.Changes() // until the test's limit
	}
	a.Withdraw()
	for strings.Contains(names(listener), name) {
		<-listener.Changes()
	}
	if err := sender.Close(); err != nil {
		t.Error(err)
	}
}
