package main

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/examples/phone/handset"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// Without its daemon the program hangs up and ends; started anew, it serves the loops of the next daemon.
func TestDaemonGoes(t *testing.T) {
	path := servertest.Socket(t)
	start := func() *servertest.Daemon {
		d, err := servertest.New(servertest.Options{Socket: server.Socket{Path: path}, Loops: []loop.Spec{{Name: "a-out"}, {Name: "a-in"}}, ProgramsOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := start()
	e := &exchange{t, path, d}
	a := e.phone("a")
	call := a.stranger().dialog()
	call.invites(sound(4000))
	e.plays(e.open("a-out", audio.Play, 8000), 440, 0.5, forever)
	servertest.Until(t, "sound", func() bool { return d.Status("a-out").Frames > 0 })
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	call.isHungUp()
	<-a.ended
	if !errors.Is(a.err, handset.ErrDaemon) {
		t.Errorf("it ends with %v", a.err)
	}
	d = start()
	defer d.Stop()
	b := e.phone("a")
	call = b.stranger().dialog()
	call.invites(sound(4000))
	call.asks("BYE", "", "")
	if err := b.hangs(); err != nil {
		t.Error(err)
	}
}
