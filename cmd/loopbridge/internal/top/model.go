package top

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// order is how strips are sorted.
type order uint8

const (
	byKind order = iota
	byName
	byLevel
	byXruns
	orders
)

func (o order) String() string { return [...]string{"kind", "name", "level", "xruns"}[o] }

// Model is all that the screen shows. The zero Model shows a screen without a daemon.
type Model struct {
	Columns, Lines int
	Title          string // where the daemon is
	ASCII          bool   // the terminal has no Unicode
	Interval       time.Duration
	Zone           *time.Location // of the times of day; nil: that of the daemon

	now    *Snapshot // nil: the daemon was not seen yet
	lost   error     // why the daemon cannot be seen; nil: it can
	strips []strip   // of now, in the order of the screen, without those that the filter hides
	places []string  // of all strips, shown or not
	meters map[string]*meter
	events []happened

	order    order
	loudness bool
	filter   string
	chosen   string // name of a strip
	at       int    // its index
	page     int    // how many strips fit, as they were last drawn
	rows     int    // how many of them below each other

	overlay overlay
	status  string // the last line
	bad     bool   // it tells of an error

	turn    uint64 // counts what was set, and what came of it
	looking bool
	stale   []string         // loops whose ends have changed since the last Look
	touched map[string]touch // by subject
	watch   Watch
}

// happened is a line of the log.
type happened struct {
	at   time.Time
	text string
}

// logRoom is how many lines of the log are kept.
const logRoom = 200

// Update takes a message and returns what is to be done.
func (m *Model) Update(message any) []any {
	switch t := message.(type) {
	case Seen:
		m.looking = false
		return m.see(t)
	case Failed:
		m.looking = false
		m.fail(t.Err)
	case Heard:
		m.hear(t)
	case Happened:
		for _, line := range report.Event(t.Event) {
			m.events = append(m.events, happened{t.Event.Time, line})
		}
		m.events = m.events[max(0, len(m.events)-logRoom):]
		if t.Event.Loop != "" {
			m.stale = append(m.stale, t.Event.Loop)
		}
		return m.look()
	case Key:
		return m.press(t)
	case Resized:
		m.Columns, m.Lines = t.Columns, t.Lines
		return m.rewatch()
	case Done:
		return m.done(t)
	case Tick:
		return m.look()
	}
	return nil
}

func (m *Model) look() []any {
	if m.looking {
		return nil
	}
	m.looking = true
	look := Look{m.turn, m.stale}
	m.stale = nil
	return []any{look}
}

func (m *Model) see(s Seen) []any {
	if m.lost != nil {
		m.lost = nil
		m.say("the daemon answers again")
	}
	m.now = s.Snapshot
	m.arrange(s.Turn)
	if n, open := m.overlay.(*menu); open {
		n.refill(m)
	}
	return m.rewatch()
}

func (m *Model) fail(err error) {
	m.lost = err
	m.meters = nil
	m.watch.Places = nil
}

// arrange makes strips of the snapshot. What keys have changed after turn stays as it is.
func (m *Model) arrange(turn uint64) {
	old := map[string]*strip{}
	for i := range m.strips {
		old[m.strips[i].name] = &m.strips[i]
	}
	all := stripsOf(m.now)
	for i := range all {
		t := &all[i]
		if k, found := m.touched[t.subject]; !found || k.pending == 0 && k.turn <= turn {
			continue
		}
		if before := old[t.name]; before != nil {
			t.controls = before.controls
		}
	}
	m.places = m.places[:0]
	for i := range all {
		m.places = append(m.places, all[i].place)
	}
	shown := slices.DeleteFunc(all, func(t strip) bool { return !t.matches(m.filter) })
	m.sort(shown)
	m.strips = shown
	m.at = max(0, min(m.at, len(shown)-1))
	if i := slices.IndexFunc(shown, func(t strip) bool { return t.name == m.chosen }); i >= 0 {
		m.at = i
	}
	m.choose(m.at)
}

func (t *strip) matches(filter string) bool {
	f := strings.ToLower(filter)
	return strings.Contains(strings.ToLower(t.name), f) || strings.Contains(strings.ToLower(t.holder), f)
}

func (m *Model) sort(all []strip) {
	slices.SortStableFunc(all, func(a, b strip) int {
		switch m.order {
		case byName:
			return cmp.Compare(a.name, b.name)
		case byLevel:
			return cmp.Compare(m.loudnessOf(&b), m.loudnessOf(&a))
		case byXruns:
			return cmp.Compare(b.xruns, a.xruns)
		}
		return 0
	})
}

func (m *Model) loudnessOf(t *strip) float64 {
	if k := m.meters[t.place]; k != nil {
		return k.peak()
	}
	return silent()
}

// choose lets keys act on another strip.
func (m *Model) choose(i int) {
	m.at = max(0, min(i, len(m.strips)-1))
	m.chosen = ""
	if m.at < len(m.strips) {
		m.chosen = m.strips[m.at].name
	}
}

// current returns the strip that keys act on; nil: there is none.
func (m *Model) current() *strip {
	if m.at >= len(m.strips) {
		return nil
	}
	return &m.strips[m.at]
}

func (m *Model) hear(h Heard) {
	if h.Watch != m.watch.Number || m.lost != nil {
		return // of a Watch before
	}
	for i, place := range m.watch.Places[:min(len(h.Meters), len(m.watch.Places))] {
		k := m.meters[place]
		if k == nil {
			k = &meter{}
			m.meters[place] = k
		}
		k.hear(h.Meters[i], h.Since)
	}
}

func (m *Model) say(text string)    { m.status, m.bad = text, false }
func (m *Model) complain(err error) { m.status, m.bad = err.Error(), true }
func (m *Model) refuse(f string, a ...any) []any {
	m.complain(fmt.Errorf(f, a...))
	return nil
}
