package backend_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/backend"
)

type paced struct {
	*driver
	grants int
}

func (p paced) SetPeriod(int) int { return p.grants }

// wrapped is a wrapper without an ability.
type wrapped struct{ backend.Stream }

func (w wrapped) Unwrap() backend.Stream { return w.Stream }

// sealed wraps without saying so.
type sealed struct{ backend.Stream }

func TestAs(t *testing.T) {
	inner := paced{newDriver(), 1}
	tests := []struct {
		name   string
		s      backend.Stream
		grants int // 0: not found
	}{
		{"the stream itself", inner, 1},
		{"below a guard", backend.Guard(inner), 1},
		{"below two wrappers", wrapped{backend.Guard(inner)}, 1},
		{"the outermost wins", struct {
			wrapped
			backend.Pacer
		}{wrapped{inner}, paced{nil, 2}}, 2},
		{"none", backend.Guard(newDriver()), 0},
		{"hidden", sealed{inner}, 0},
		{"wrapper of nothing", wrapped{nil}, 0},
		{"nil", nil, 0},
	}
	for _, test := range tests {
		p, ok := backend.As[backend.Pacer](test.s)
		if ok != (test.grants != 0) {
			t.Errorf("%s: found %v", test.name, ok)
		} else if ok && p.SetPeriod(0) != test.grants {
			t.Errorf("%s: found the wrong one", test.name)
		}
	}
}
