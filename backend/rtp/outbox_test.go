package rtp

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// way returns two sockets, of which one sends to the other.
func way(t testing.TB) (in, out int) {
	t.Helper()
	in, err := openReceiver(session.Path{To: netip.MustParseAddrPort("127.0.0.1:0")}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(in) })
	at, err := unix.Getsockname(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err = openSender(session.Path{To: addrPort(at)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(out) })
	return in, out
}

// row returns datagrams of a length, one behind the other.
func row(n, size int) (all [][]byte) {
	room := make([]byte, n*size)
	for i := range room {
		room[i] = byte(i / size)
	}
	for i := range n {
		all = append(all, room[i*size:][:size])
	}
	return all
}

// take takes datagrams until there are enough.
func take(t testing.TB, box *inbox, in int, batch []Datagram) {
	t.Helper()
	for got, tries := 0, 0; got < len(batch); tries++ {
		n, err := box.receive(in, 0, batch[got:])
		if err != nil || tries > 10_000 {
			t.Fatalf("of %d datagrams %d came, %v", len(batch), got, err)
		}
		if got += n; got < len(batch) {
			time.Sleep(time.Millisecond)
		}
	}
}

// TestOutbox: all datagrams of a batch arrive, as they were, whether the kernel takes them as one or not.
func TestOutbox(t *testing.T) {
	in, out := way(t)
	clock := sleep.NewMonotonic()
	box, batch := newInbox(1536), make([]Datagram, batchSize)
	for _, apart := range []bool{false, true} {
		for _, n := range []int{1, 2, 5, batchSize} {
			b := &outbox{apart: apart}
			if sent := b.send(out, row(n, 301)); sent != n {
				t.Errorf("of %d datagrams %d were sent", n, sent)
			}
			box.next = 0
			box.begin(clock.Now())
			take(t, box, in, batch[:n])
			for i, d := range batch[:n] {
				if len(d.Data) != 301 || d.Data[0] != byte(i) || d.Data[300] != byte(i) {
					t.Fatalf("datagram %d has %d bytes, % x", i, len(d.Data), d.Data[:1])
				}
			}
		}
	}
}

// BenchmarkOutbox is what sending and taking five datagrams costs, as one or one by one.
func BenchmarkOutbox(b *testing.B) {
	for _, apart := range []bool{false, true} {
		b.Run(fmt.Sprintf("apart %v", apart), func(b *testing.B) {
			in, out := way(b)
			all := row(5, 300)
			box, batch, o := newInbox(1536), make([]Datagram, batchSize), &outbox{apart: apart}
			b.ReportAllocs()
			for b.Loop() {
				if o.send(out, all) != 5 {
					b.Fatal("not sent")
				}
				box.next = 0
				take(b, box, in, batch[:5])
			}
		})
	}
}
