package top

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
)

// notice is a line about an alarm or a recorder.
type notice struct {
	rank  int // the lower, the sooner a person wants to know
	mark  Style
	name  string
	state string
	text  string
}

// notices returns lines about alarms and recorders, what is wrong first.
func notices(s *Snapshot) (all []notice) {
	for i := range s.Alarms {
		all = append(all, alarmNotice(&s.Alarms[i], s.Time))
	}
	for i := range s.Recorders {
		all = append(all, recorderNotice(&s.Recorders[i]))
	}
	slices.SortStableFunc(all, func(a, b notice) int { return cmp.Compare(a.rank, b.rank) })
	return all
}

func alarmNotice(a *api.Alarm, now time.Time) notice {
	n := notice{name: "alarm/" + a.Name, state: a.State, text: a.Text}
	switch a.State {
	case "raised":
		n.rank, n.mark = 0, Over
	case "acknowledged":
		n.rank, n.mark = 2, Near
	case "clearing", "pending":
		n.rank, n.mark = 3, Near
	default:
		n.rank, n.mark = 5, Plain
	}
	if n.text == "" {
		n.text = a.On + " of " + a.Of
	}
	if !a.Since.IsZero() && n.rank < 5 {
		n.state += " for " + spanText(max(0, now.Sub(a.Since)))
	}
	for _, action := range a.Actions {
		if action.Error != "" {
			n.text += "; " + action.Name + ": " + action.Error
		}
	}
	return n
}

func recorderNotice(r *api.Recorder) notice {
	n := notice{rank: 4, name: "recorder/" + r.Name, state: r.State, text: r.Of}
	if r.State == "recording" {
		n.state += " " + spanText(time.Duration(r.Seconds*float64(time.Second)))
		n.text += ", " + bytesText(r.Bytes)
	}
	if r.Gaps > 0 {
		n.mark, n.text = Near, n.text+", "+plural(int(r.Gaps), "gap")
	}
	if r.Lasts > 0 {
		n.text += ", the disk lasts " + spanText(time.Duration(r.Lasts*float64(time.Second)))
	}
	if r.State == "failing" {
		n.rank, n.mark = 1, Over
	}
	if r.Error != "" {
		n.text += ": " + r.Error
	}
	return n
}

// bytesText returns an amount of bytes in one figure.
func bytesText(n uint64) string {
	for _, k := range []struct {
		unit string
		size float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if float64(n) >= k.size {
			return number(float64(n)/k.size, 1) + " " + k.unit
		}
	}
	return fmt.Sprintf("%d B", n)
}

// raised returns how many alarms are, and nobody knows of.
func raised(s *Snapshot) (n int) {
	for i := range s.Alarms {
		if s.Alarms[i].State == "raised" {
			n++
		}
	}
	return n
}

// noticeLines returns how many lines alarms and recorders want, with their heading, of at most so many below it.
func (m *Model) noticeLines(most int) int {
	if m.now == nil || len(m.now.Alarms)+len(m.now.Recorders) == 0 {
		return 0
	}
	return 1 + min(most, len(m.now.Alarms)+len(m.now.Recorders))
}

// drawNotices shows alarms and recorders. The last line says how many have no room.
func (m *Model) drawNotices(c *Canvas, r rect) {
	if r.lines < 2 {
		return
	}
	var title []string
	if n := len(m.now.Alarms); n > 0 {
		title = append(title, plural(n, "alarm"))
	}
	if n := raised(m.now); n > 0 {
		title = append(title, fmt.Sprintf("%d raised", n))
	}
	if n := len(m.now.Recorders); n > 0 {
		title = append(title, plural(n, "recorder"))
	}
	c.rule(r, strings.Join(title, ", "))
	all := notices(m.now)
	for i := range min(len(all), r.lines-1) {
		y, n := r.y+1+i, &all[i]
		if i == r.lines-2 && len(all) > r.lines-1 {
			c.Put(r.x+2, y, r.columns-2, fmt.Sprintf("and %d more", len(all)-i), Faint)
			break
		}
		if n.mark != Plain {
			c.Put(r.x, y, 1, c.glyphs.raised, n.mark)
		}
		x := 2 + c.Put(r.x+2, y, nameMost, n.name, Plain) + 2
		x += c.Put(r.x+x, y, r.columns-x, n.state, n.mark) + 2
		c.Put(r.x+x, y, r.columns-x, n.text, Plain)
	}
}

// openAlarms shows the alarms that nobody has acknowledged.
func (m *Model) openAlarms() []any {
	if m.now == nil {
		return nil
	}
	if raised(m.now) == 0 {
		m.say("no alarm is raised")
		return nil
	}
	n := &menu{title: "alarms", keys: "Enter: acknowledge   Esc: back", fill: (*Model).alarmItems}
	n.refill(m)
	m.overlay = n
	return nil
}

func (m *Model) alarmItems() (all []item) {
	for i := range m.now.Alarms {
		if a := &m.now.Alarms[i]; a.State == "raised" {
			name := a.Name
			all = append(all, item{text: name + ": " + a.Text, enter: func(*Model) []any { return []any{Acknowledge{name}} }})
		}
	}
	return all
}
