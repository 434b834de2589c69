package main

import (
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
)

// The first lines of a daemon are commands that work: only the server end of a loop between programs can be opened.
func TestHint(t *testing.T) {
	one := func(name string, attached audio.Direction) config.Loop {
		return config.Loop{Spec: loop.Spec{Name: name, Attached: attached, Format: audio.DefaultFormat()}}
	}
	speaker, mic, line := one("speaker", audio.Play), one("mic", audio.Record), one("line", 0)
	for _, c := range []struct {
		loops      []config.Loop
		has, lacks string
	}{
		{[]config.Loop{speaker, mic, line}, " --server ", "speaker"},
		{[]config.Loop{speaker, mic}, "Play on a device", "--server"},
		{[]config.Loop{mic}, " --wait mic take.wav", " play "},
	} {
		text := hint("/run/s", c.loops)
		if !strings.Contains(text, c.has) || strings.Contains(text, c.lacks) {
			t.Errorf("want %q and not %q:\n%s", c.has, c.lacks, text)
		}
	}
}
