package server_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
)

// TestConformance runs the suite through a socket and shared memory.
func TestConformance(t *testing.T) {
	looptest.Harness{Connect: connect}.Run(t)
}

func connect(t *testing.T, bay *loop.Patchbay) looptest.Opener {
	dir, err := os.MkdirTemp("", "lb")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	s, err := server.Listen(server.Socket{Path: path}, bay, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return looptest.Program(func(ctx context.Context, name string, o pcm.Options) (*pcm.PCM, error) {
		return client.Open(ctx, path, name, o)
	})
}
