package main

import (
	"testing"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// waitForFrames returns when sound moves in a loop.
func waitForFrames(t *testing.T, socket, name string) {
	t.Helper()
	waitForLoop(t, socket, name, func(l loopInfo) bool { return l.Frames > 0 })
}

func waitForLoop(t *testing.T, socket, name string, ready func(loopInfo) bool) {
	t.Helper()
	trial.Until(t, name+" gets that far", func() bool {
		loops, err := client.List(t.Context(), socket)
		if err != nil {
			t.Fatal(err)
		}
		for i := range loops {
			if l := infoOf(&loops[i]); l.Name == name && ready(l) {
				return true
			}
		}
		return false
	})
}

// hold opens the server end of a loop until the test ends.
func hold(t *testing.T, socket, name string, o pcm.Options) *pcm.PCM {
	t.Helper()
	o.Role = pcm.Server
	p, err := client.Open(t.Context(), socket, name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abandon)
	return p
}

// openClient opens the client end of a loop until the test ends.
func openClient(t *testing.T, socket, name string, o pcm.Options) *pcm.PCM {
	t.Helper()
	o.Role = pcm.Client
	p, err := client.Open(t.Context(), socket, name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abandon)
	return p
}
