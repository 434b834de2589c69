package rtptest_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
)

// hang is when a test gives up.
const hang = 20 * time.Second

func socket(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func address(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// One sender, two paths: what the seeds say comes at each.
func TestRelay(t *testing.T) {
	const count = 200
	sender, first, second := socket(t), socket(t), socket(t)
	fault := rtptest.Fault{Loss: 0.1, Jitter: 2 * time.Millisecond, InOrder: true}
	var file bytes.Buffer
	r, err := rtptest.NewRelay(netip.MustParseAddrPort("127.0.0.1:0"), rtptest.NewCapture(&file),
		rtptest.Way{To: address(first), Fault: fault, Seed: 1}, rtptest.Way{To: address(second), Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(count) {
		if _, err := sender.WriteToUDPAddrPort(binary.BigEndian.AppendUint32(nil, i), r.Addr()); err != nil {
			t.Fatal(err)
		}
		c := numberFrom(t, second) // none is lost in a socket if the sender waits
		if c != i {
			t.Fatalf("%d comes as %d", i, c)
		}
	}
	expected := rtptest.NewLink(fault, 1)
	for range count {
		expected.Send(0, nil)
	}
	n, last := uint64(0), int64(-1)
	for ; n < count-expected.Counts().Lost; n++ {
		c := numberFrom(t, first)
		if int64(c) <= last {
			t.Fatalf("%d comes after %d", c, last)
		}
		last = int64(c)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if c := r.Counts()[0]; c.Sent != count || c.Delivered != n || c.Lost != count-n || c.Lost == 0 {
		t.Errorf("%+v", c)
	}
	if want := 24 + count*(16+20+8+4); file.Len() != want {
		t.Errorf("the capture has %d bytes, want %d", file.Len(), want)
	}
}

func numberFrom(t *testing.T, c *net.UDPConn) uint32 {
	t.Helper()
	block := make([]byte, 100)
	if err := c.SetReadDeadline(time.Now().Add(hang)); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(block)
	if err != nil || n != 4 {
		t.Fatalf("%d bytes: %v", n, err)
	}
	return binary.BigEndian.Uint32(block)
}
