package portaudio

import (
	"sync"
	"testing"
	"time"
)

// TestBell: two that wake each other lose no ring, whoever comes first.
func TestBell(t *testing.T) {
	const rounds = 10000
	var there, back bell
	var other sync.WaitGroup
	other.Go(func() {
		for range rounds {
			there.sleep(0)
			back.ring()
		}
	})
	for range rounds {
		there.ring()
		if !back.sleep(time.Minute) {
			t.Fatal("a ring was lost")
		}
	}
	other.Wait()
}

func TestBellLimit(t *testing.T) {
	var b bell
	if b.sleep(time.Millisecond) {
		t.Error("nobody rang")
	}
	b.ring()
	b.ring()
	if !b.sleep(time.Minute) || b.sleep(time.Millisecond) {
		t.Error("two rings end one sleep")
	}
	if n := testing.AllocsPerRun(10, func() { b.ring(); b.sleep(0); b.sleep(time.Microsecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
