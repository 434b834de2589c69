package daemon

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
)

func TestNameListIsReplacedAndRemoved(t *testing.T) {
	list := nameListOf(filepath.Join(t.TempDir(), "s"), false)
	for range 2 {
		loops := []config.Loop{
			{Spec: loop.Spec{Name: "phone", Format: audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}}},
			{Spec: loop.Spec{Name: "a\"\\\nb"}}, // must not end the text early
		}
		if err := list.write(loops); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(string(list))
	want := "defaults.loopbridge.loops \"\nloopbridge:phone  MU_LAW, 8000 Hz, mono\nloopbridge:ab  S16_LE, 48000 Hz, 2 channels\"\n"
	if err != nil || string(got) != want {
		t.Errorf("%v, %q\nwant %q", err, got, want)
	}
	list.remove()
	if left, _ := os.ReadDir(filepath.Dir(string(list))); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}
