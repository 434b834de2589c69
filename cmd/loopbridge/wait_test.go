package main

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// waitForFrames returns when sound moves in a loop.
func waitForFrames(t *testing.T, socket, name string) {
	t.Helper()
	waitForLoop(t, socket, name, func(l api.Loop) bool { return l.Frames > 0 })
}

func waitForLoop(t *testing.T, socket, name string, ready func(api.Loop) bool) {
	t.Helper()
	servertest.Until(t, name+" gets that far", func() bool {
		l, err := control.New(socket).Loop(t.Context(), name)
		if err != nil && !errors.Is(err, audio.ErrNoDevice) {
			t.Fatal(err)
		}
		return err == nil && ready(l)
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
