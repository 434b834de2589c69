package backendtest

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

func TestDying(t *testing.T) {
	s, err := openAuto(backend.Config{Play: true, Period: 100})
	if err != nil {
		t.Fatal(err)
	}
	d := Dying(s, 200, audio.ErrGone)
	if _, ok := backend.As[backend.Pacer](d); !ok {
		t.Error("the wrapper hides the Pacer")
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	for want := uint64(100); want <= 200; want += 100 {
		if tick, err := d.Wait(); err != nil || tick.Position != want {
			t.Fatalf("tick %+v, %v", tick, err)
		}
		if _, err := d.Write(make([]byte, 400)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		_, wait := d.Wait()
		_, read := d.Read(nil)
		_, write := d.Write(nil)
		for _, err := range []error{wait, read, write, d.Start()} {
			if !errors.Is(err, audio.ErrGone) {
				t.Errorf("a dead stream returns %v", err)
			}
		}
	}
	if err := errors.Join(d.Stop(), d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
}

func TestFailing(t *testing.T) {
	open := Failing(2, audio.ErrBusy, openAuto)
	for i := range 4 {
		s, err := open(backend.Config{})
		if failed := errors.Is(err, audio.ErrBusy); failed != (i < 2) || failed != (s == nil) {
			t.Errorf("open %d gives %v, %v", i, s, err)
		}
	}
	if _, err := Failing(-1, audio.ErrNoDevice, nil)(backend.Config{}); !errors.Is(err, audio.ErrNoDevice) {
		t.Error(err)
	}
}
