package top

import (
	"strings"
	"testing"
)

// More keys than a daemon can follow are refused; the screen goes on.
func TestTooManyKeys(t *testing.T) {
	m := showing(lab(), 80, 24)
	r := &runner{model: m, looks: make(chan Look, 1), commands: make(chan any, 2)}
	for range 3 {
		r.do(t.Context(), press(m, "-"))
	}
	if len(r.commands) != 2 || !strings.Contains(m.status, "too slow") || !m.bad || m.touched["main"].pending != 2 {
		t.Errorf("%d commands wait, %q, %+v", len(r.commands), m.status, m.touched)
	}
}

// Sets of the same thing that wait are sent as one, with the latest value of each field; others stay in their order.
func TestSetsAreMerged(t *testing.T) {
	for _, k := range []struct {
		keys []Key
		want string // what is left to be done
	}{
		{[]Key{"-", "-", "b", "-"}, ""},
		{[]Key{"-", "j", "-"}, ""}, // both sides of one device
		{[]Key{"-", KeyEnd, "-", "-"}, "set route/later play.gain=57"},
	} {
		m := showing(lab(), 80, 24)
		todo := press(m, k.keys...)
		r := &runner{model: m, commands: make(chan any, 8)}
		for _, c := range todo[1:] {
			r.commands <- c
		}
		first, d, next := r.merge(todo[0].(Set))
		if got := strings.Join(texts([]any{next}), ""); got != k.want && (next != nil || k.want != "") {
			t.Errorf("%q leaves %q, want %q", k.keys, got, k.want)
		}
		if next == nil && d != len(todo) {
			t.Errorf("%q: %d sets are merged, want %d", k.keys, d, len(todo))
		}
		if k.keys[1] == "-" && strings.Join(first.Patch.Texts(), " ") != "play.gain=91 play.balance=18" {
			t.Errorf("%q becomes %q", k.keys, first.Patch.Texts())
		}
	}
}
