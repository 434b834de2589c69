package client_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// A program that moves frames for hours allocates nothing, and neither does the
// daemon for it; nor while it sleeps, under whichever context.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, cancellable := range []bool{false, true} {
		t.Run(fmt.Sprintf("cancellable_%v", cancellable), func(t *testing.T) {
			r := newRig(t)
			ctx := context.Background()
			if cancellable {
				ctx = servertest.Guard(t)
			}
			s, c := r.open(serverThat(pcm.Read)), r.open(pcm.Options{Role: pcm.Client, Direction: pcm.Write, Period: 96, Buffer: 960})
			out, in := make([]byte, 4*480), make([]byte, 4*480)
			writes := make(chan struct{})
			wrote := make(chan error)
			go func() {
				for range writes {
					_, err := c.Write(ctx, out)
					wrote <- err
				}
			}()
			round := func() { // both sleep: there is less room and less to read than 10 ms
				writes <- struct{}{}
				if n, err := s.Read(ctx, in); n != 480 || err != nil {
					t.Fatalf("read %d frames, %v", n, err)
				}
				if err := <-wrote; err != nil {
					t.Fatal(err)
				}
			}
			round()
			if n := testing.AllocsPerRun(50, round); n != 0 {
				t.Errorf("%v allocations for each 10 ms", n)
			}
			close(writes)
		})
	}
}
