package server_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
)

// An answer that fails closes a connection whose reader stands still: the end is handed over all the same, and abandoned
// by the process that follows.
func TestHandOverOfConnectionThatEnds(t *testing.T) {
	r := newRig(t)
	p := r.open("loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	defer p.Abandon()
	state := server.StateOfEnding(t, r.Server, r.Bay)
	if len(state.Conns) != 1 || state.Conns[0].File != -1 || state.Conns[0].End == 0 {
		t.Fatalf("%+v", state.Conns)
	}
	r.free("loop0")

	server.ResumeEnded(t, r.Server, r.Bay, "loop1")
	r.free("loop1")
}
