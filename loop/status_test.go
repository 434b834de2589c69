package loop_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
)

func TestStatusState(t *testing.T) {
	end := func(s ring.State) loop.EndStatus { return loop.EndStatus{Open: true, State: s} }
	none, leaves := loop.EndStatus{}, loop.EndStatus{Open: true, Gone: true, State: ring.Running}
	for _, test := range []struct {
		server, client loop.EndStatus
		want           string
	}{
		{none, none, "closed"},
		{end(ring.Idle), none, "idle"},
		{end(ring.Armed), none, "armed"},
		{end(ring.Armed), end(ring.Idle), "paired"},
		{end(ring.Idle), end(ring.Armed), "paired"},
		{end(ring.Running), end(ring.Running), "running"},
		{end(ring.Running), none, "running"}, // on_client_close = "silence"
		{end(ring.Running), leaves, "draining"},
		{end(ring.Ended), none, "ended"},
		{end(ring.Idle), end(ring.Ended), "ended"},
		{none, end(ring.Ended), "ended"},
		{none, end(ring.Running), "ended"},
	} {
		s := loop.Status{Server: test.server, Client: test.client}
		if got := s.State(); got != test.want {
			t.Errorf("server %v, client %v: %s, want %s", test.server.State, test.client.State, got, test.want)
		}
	}
}
