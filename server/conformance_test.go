package server_test

import (
	"context"
	"testing"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// TestConformance runs the suite through a socket and shared memory.
func TestConformance(t *testing.T) {
	looptest.Harness{Connect: connect}.Run(t)
}

func connect(t *testing.T, bay *loop.Patchbay) looptest.Opener {
	path := servertest.Serve(t, bay).Path
	return looptest.Program(func(ctx context.Context, name string, o pcm.Options) (*pcm.PCM, error) {
		return client.Open(ctx, path, name, o)
	})
}
