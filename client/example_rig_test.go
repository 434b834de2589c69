package client_test

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
)

// serve is "loopbridge serve" for examples: a daemon with the loop loop0, whose clock follows
// the programs, until stop is called.
func serve() (socket string, stop func()) {
	dir, err := os.MkdirTemp("", "lb")
	must(err)
	clock, err := null.Open(backend.Config{Format: audio.DefaultFormat(), Period: 480, Periods: 2}, null.Options{Freewheel: true})
	must(err)
	engine, bay := loop.NewEngine("null", clock), loop.NewPatchbay()
	must(bay.Add(loop.Spec{Name: "loop0"}, engine))
	socket = filepath.Join(dir, "s")
	daemon, err := server.Listen(server.Socket{Path: socket}, bay, zerolog.Nop())
	must(err)
	served := make(chan error, 1)
	go func() { served <- daemon.Serve() }()
	return socket, func() {
		err := daemon.Close()
		bay.Close()
		must(errors.Join(err, <-served, engine.Close(), os.RemoveAll(dir)))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
