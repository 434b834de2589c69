package standby_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/standby"
)

// heard is a stream of a network.
type heard struct{ *backendtest.Clock }

func (heard) Network() backend.Network { return backend.Network{Receives: true, Packets: 7} }

// A sender that is found late keeps nobody waiting, and is looked for without longer and longer pauses; what the network has seen is
// that of the stream on it, and nothing while silence stands in.
func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = time.Second // until it is known that nothing comes
		stream, null := clock(), clock()
		var opens, missing, strange atomic.Int64
		missing.Store(1)
		began := time.Now()
		s, err := standby.Open(null.Granted(), standby.Options{Look: time.Second, Longest: time.Second, Later: true, Sources: []standby.Source{
			{Name: "net", Open: func(backend.Config) (backend.Stream, error) {
				opens.Add(1)
				time.Sleep(slow)
				switch {
				case strange.Load() > 0:
					return nil, audio.ErrNoDevice.With("%d datagrams came, and none fit", opens.Load())
				case missing.Load() > 0:
					return nil, audio.ErrNoDevice.With("nothing comes")
				}
				return heard{stream}, nil
			}},
			{Name: "null", Open: func(backend.Config) (backend.Stream, error) { return null, nil }},
		}})
		if err != nil || !time.Now().Equal(began) {
			t.Fatalf("opened after %v: %v", time.Since(began), err)
		}
		n, _ := backend.As[backend.Networked](s)
		if got := n.Network(); got.Receives {
			t.Errorf("the null device has seen %+v", got)
		}
		time.Sleep(20 * time.Minute)
		if tries := opens.Load(); tries < 590 || tries > 601 {
			t.Errorf("%d tries in 20 minutes, want one in 2 s", tries)
		}
		missing.Store(0)
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		_, done := serve(t, s)
		time.Sleep(3 * time.Second)
		if on := runsOn(s); on != "net" {
			t.Errorf("it runs on %s", on)
		}
		if got := n.Network(); got.Packets != 7 {
			t.Errorf("%+v", got)
		}
		if got := said(s); len(got) != 1 || got[0] != "nothing comes" {
			t.Errorf("of what was missing for 20 minutes it reports %q, want it once", got)
		}
		missing.Store(1)
		stream.Fail(audio.ErrGone)
		synctest.Wait()
		time.Sleep(time.Minute)
		if got := said(s); len(got) > 0 {
			t.Errorf("it is gone, as was told, and it reports %q", got)
		}
		strange.Store(1)
		time.Sleep(time.Minute)
		if got := said(s); len(got) != 1 || !strings.Contains(got[0], "none fit") {
			t.Errorf("there is another reason now, and it reports %q", got)
		}
		if got := n.Network(); got.Receives {
			t.Errorf("after it went: %+v", got)
		}
		null.Fail(audio.ErrIO)
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
