package server_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// hang is how long anything may take before a test says that it hangs.
const hang = servertest.Hang

// rig is a daemon in this process with the loops loop0, loop1 and other, for one test. At its
// end nothing may be left.
type rig struct {
	*testing.T
	*servertest.Daemon
	engine *loop.Engine
}

func newRig(t *testing.T, adjust ...func(*server.Server)) *rig {
	t.Helper()
	noLeaks(t)
	o := threeLoops(server.Socket{})
	if len(adjust) > 0 {
		o.Adjust = adjust[0]
	}
	d := servertest.Start(t, o)
	return &rig{t, d, d.Bay.Devices()[0]}
}

// threeLoops is the daemon of a rig.
func threeLoops(at server.Socket) servertest.Options {
	return servertest.Options{Socket: at, Loops: []loop.Spec{{Name: "loop0"}, {Name: "loop1"}, {Name: "other"}}}
}

func (r *rig) open(name string, o pcm.Options) *pcm.PCM {
	r.Helper()
	p, err := client.Open(servertest.Guard(r), r.Path, name, o)
	if err != nil {
		r.Fatalf("open %s as %s: %v", name, o.Role, err)
	}
	return p
}

// free waits until nobody holds or waits for a loop.
func (r *rig) free(name string) {
	r.Helper()
	servertest.Until(r, name+" to be free", func() bool {
		s := r.Status(name)
		return !s.Server.Open && !s.Client.Open && s.Waiting == 0
	})
}

// is checks an error against a sentinel.
