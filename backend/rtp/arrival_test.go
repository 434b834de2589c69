package rtp

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend/sleep"
)

// TestArrival: a datagram came when the kernel got it, and not when somebody takes it.
func TestArrival(t *testing.T) {
	in, out := way(t)
	clock := sleep.NewMonotonic()
	box, batch := newInbox(1536), make([]Datagram, 4)
	receive := func() int {
		box.next = 0
		box.begin(clock.Now())
		n, err := box.receive(in, 0, batch)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 3 { // the kernel begins with its stamps a moment after it was asked to
		before := clock.Now()
		if sent := new(outbox).send(out, [][]byte{[]byte("hello")}); sent != 1 {
			t.Fatalf("%d were sent", sent)
		}
		sent := clock.Now()
		time.Sleep(40 * time.Millisecond) // a lower bound: for so long nobody takes it
		if n := receive(); n != 1 || string(batch[0].Data) != "hello" {
			t.Fatalf("%d datagrams came: %q", n, batch[0].Data)
		}
		if d := batch[0]; d.At > before-int64(time.Millisecond) && d.At < sent+int64(20*time.Millisecond) && d.From.Addr().IsLoopback() {
			return
		}
	}
	t.Errorf("it came at %d from %v, and was taken at %d", batch[0].At, batch[0].From, box.now)
}
