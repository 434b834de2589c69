package top

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/state"
)

// texts describes what is to be done.
func texts(todo []any) (all []string) {
	for _, t := range todo {
		switch t := t.(type) {
		case Set:
			all = append(all, fmt.Sprintf("set %s %s", t.Subject, strings.Join(t.Patch.Texts(), " ")))
		case Watch:
			all = append(all, fmt.Sprintf("watch %d %v", len(t.Places), t.Want))
		default:
			all = append(all, fmt.Sprintf("%T%v", t, t))
		}
	}
	return all
}

// Each key asks for what the help says.
func TestKeys(t *testing.T) {
	for _, k := range []struct {
		keys []Key
		want []string
	}{
		{[]Key{"+"}, []string{"set main play.gain=144"}}, // from 128
		{[]Key{"-"}, []string{"set main play.gain=114"}},
		{[]Key{"-", "-"}, []string{"set main play.gain=114", "set main play.gain=102"}},
		{[]Key{KeyPageUp}, []string{"set main play.gain=255"}},
		{[]Key{KeyPageDown}, []string{"set main play.gain=64"}},
		{[]Key{"0", "+"}, []string{"set main play.gain=255"}}, // there is no more
		{[]Key{"m", "m"}, []string{"set main output_muted=0", "set main output_muted=1"}},
		{[]Key{"b"}, []string{"set main play.balance=18"}},
		{[]Key{"B"}, []string{"set main play.balance=22"}},
		{[]Key{"j", "-"}, []string{"set main record.gain=227"}},
		{[]Key{"j", "m"}, nil}, // it is recorded
		{[]Key{KeyEnd, "-"}, []string{"set route/later play.gain=57"}},
		{[]Key{KeyEnd, KeyUp, "k", KeyHome, KeyDown, "j", "j", "j", "j", "j", "-"}, []string{"set meeting/client play.gain=227"}},
		{[]Key{"/", "m", "i", "c", KeyEnter, "-"}, []string{"set mic/client record.gain=227"}},
		{[]Key{"/", "é", "Q", KeyBackspace, KeyBackspace, KeyBackspace, KeyEscape, "b"}, []string{"set main play.balance=18"}},
		{[]Key{"p", "j", KeyEnter}, []string{"set main play.port=headphone"}},
		{[]Key{"p", "j", " ", "j", " "}, []string{"set main play.port=speaker+headphone", "set main play.port=speaker+headphone+line_out"}},
		{[]Key{KeyEnd, "p"}, nil}, // a route has none
		{[]Key{"r", KeyEnter, "j", KeyEnter, KeyEnter, KeyEnter}, []string{"top.Add{main-play-main-play main/play main/play}"}},
		{[]Key{"r", "j", "x", "j", KeyEnter}, []string{"top.Remove{talk}"}},
		{[]Key{"r", "j", "x", KeyEnter}, nil}, // leave it
		{[]Key{"r", "j", "j", KeyEnter, "0"}, []string{"set route/later play.gain=255"}},
		{[]Key{"r", KeyEscape, "q"}, []string{"top.Quit{}"}},
		{[]Key{"?", "q"}, nil},
		{[]Key{"t", "t"}, []string{"watch 12 [loudness true_peak]", "watch 12 []"}},
		{[]Key{"R"}, []string{"watch 12 []"}},
		{[]Key{"a", KeyEnter}, []string{"top.Acknowledge{clip}"}},
		{[]Key{"a", KeyEscape, "a", "x"}, nil},
		{[]Key{KeyInterrupt}, []string{"top.Quit{}"}},
		{[]Key{"r", KeyInterrupt}, []string{"top.Quit{}"}},
		{[]Key{KeyStop}, []string{"top.Stop{}"}},
		{[]Key{"x", "Z", KeyDelete, KeyRedraw, "s"}, nil},
	} {
		if got := texts(press(showing(lab(), 120, 40), k.keys...)); !slices.Equal(got, k.want) {
			t.Errorf("%q asks for %q, want %q", k.keys, got, k.want)
		}
	}
	if todo := press(&Model{Columns: 80, Lines: 24}, "+", "m", "p", "r", "R", "j", "/", "x", KeyEnter, "s", "t", KeyTab); len(todo) != 0 {
		t.Errorf("without a daemon keys ask for %q", texts(todo))
	}
}

// What a key has changed stays on the screen while an older answer comes in, and is replaced by what the daemon says later.
func TestWhatKeysChangeIsNotUndone(t *testing.T) {
	m := showing(lab(), 120, 40)
	gain := func(want int) {
		t.Helper()
		if got := m.current().gain; got != want {
			t.Errorf("the gain is %d, want %d", got, want)
		}
	}
	press(m, "-")
	gain(114)
	m.Update(Seen{Snapshot: lab(), Turn: 0}) // asked for before
	gain(114)
	now := lab().Devices[0]
	now.Info.Play.Gain = 113
	m.Update(Done{Subject: "main", Count: 1, State: &now})
	gain(113)
	m.Update(Seen{Snapshot: lab(), Turn: 0})
	gain(113)
	m.Update(Seen{Snapshot: lab(), Turn: m.turn}) // somebody else has set 128
	gain(128)

	press(m, "-", "-")
	m.Update(Done{Subject: "main", Count: 1, State: &now}) // the answer to the first
	gain(102)
	m.Update(Done{Subject: "main", Count: 1, Err: errors.New("it is broken")})
	gain(102)
	if m.status != "it is broken" || !m.bad {
		t.Errorf("the status line is %q", m.status)
	}
	m.Update(Seen{Snapshot: lab(), Turn: m.turn})
	gain(128)
}

// Of a crowd only what is shown is measured; of a few, all, whatever the filter hides.
func TestWhatIsWatched(t *testing.T) {
	m := showing(crowd(200), 80, 24)
	first := m.watch
	if n := len(first.Places); n != m.page || first.Places[0] != "loop000/client" {
		t.Errorf("a page of %d watches %d places from %s", m.page, n, first.Places[0])
	}
	if todo := press(m, "j", "k"); len(todo) != 0 {
		t.Errorf("on the same page it asks for %q", texts(todo))
	}
	press(m, KeyTab)
	second := m.watch
	if second.Number == first.Number || slices.Contains(second.Places, "loop000/client") || len(second.Places) != m.page {
		t.Errorf("the next page watches %v", second.Places)
	}
	m.Update(Heard{first.Number, readings(first.Places), 0})
	if k := m.meters[first.Places[0]]; k != nil {
		t.Error("a reading of the page before is shown")
	}
	m = showing(lab(), 80, 24)
	if todo := press(m, "/", "m", "i", KeyEnter, KeyEscape); len(todo) != 0 {
		t.Errorf("with a filter it asks for %q", texts(todo))
	}
}

// The daemon is asked once at a time, and again for the ends of loops of which an event tells.
func TestLooks(t *testing.T) {
	m := showing(lab(), 80, 24)
	m.Update(Seen{Snapshot: lab()})
	if todo := texts(m.Update(Tick{})); !slices.Equal(todo, []string{"top.Look{0 []}"}) {
		t.Errorf("a tick asks for %q", todo)
	}
	if todo := append(m.Update(Tick{}), m.Update(Happened{api.Event{Kind: "set", Loop: "mic", Changes: api.ChangesOf([]state.Change{})}})...); len(todo) != 0 {
		t.Errorf("while it looks, it asks for %q", texts(todo))
	}
	m.Update(Seen{Snapshot: lab()})
	if todo := texts(m.Update(Tick{})); !slices.Equal(todo, []string{"top.Look{0 [mic]}"}) {
		t.Errorf("after an event it asks for %q", todo)
	}
	m.Update(Failed{errors.New("gone")})
	if todo := texts(m.Update(Tick{})); !slices.Equal(todo, []string{"top.Look{0 []}"}) {
		t.Errorf("without a daemon it asks for %q", todo)
	}
}
