package top

import "github.com/loopbridge/loopbridge/audio/state"

// touch remembers that keys have changed something that a Look may not have seen.
type touch struct {
	turn    uint64 // a Look of an earlier turn has old controls
	pending int    // sets without an answer
}

// set changes the controls of the current strip at once, and asks the daemon to.
func (m *Model) set(fields map[state.Field]uint32, change func(*controls)) []any {
	t := m.current()
	if t == nil || !t.known || m.lost != nil {
		return nil
	}
	var p state.Patch
	for f, v := range fields {
		if err := p.Set(f, v); err != nil {
			m.complain(err)
			return nil
		}
	}
	change(&t.controls)
	if m.touched == nil {
		m.touched = map[string]touch{}
	}
	m.turn++
	m.touched[t.subject] = touch{m.turn, m.touched[t.subject].pending + 1}
	return []any{Set{t.subject, p}}
}

func (m *Model) done(d Done) []any {
	m.turn++
	if k, found := m.touched[d.Subject]; found {
		m.touched[d.Subject] = touch{m.turn, max(0, k.pending-d.Count)}
		for i := range m.strips {
			if t := &m.strips[i]; t.subject == d.Subject && d.State != nil && k.pending <= d.Count {
				t.control(&d.State.Info)
			}
		}
	}
	switch {
	case d.Err != nil:
		m.complain(d.Err)
	case d.Text != "":
		m.say(d.Text)
	}
	return m.look()
}
