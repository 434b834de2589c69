package top

import "slices"

// alwaysHeard is how many strips are measured although the screen does not show them, so that their loudness goes on.
const alwaysHeard = 64

// rewatch asks for the meters of what the screen shows, if that are others than before.
func (m *Model) rewatch() []any {
	if m.now == nil || m.lost != nil {
		return nil
	}
	places := slices.Clone(m.places)
	if len(places) > alwaysHeard {
		places = places[:0]
		m.lay() // a page has as many as fit
		first := m.at / m.page * m.page
		for i := range m.strips[first:min(first+m.page, len(m.strips))] {
			places = append(places, m.strips[first+i].place)
		}
	}
	slices.Sort(places)
	var want []string
	if m.loudness {
		want = []string{"loudness", "true_peak"}
	}
	if slices.Equal(places, m.watch.Places) && slices.Equal(want, m.watch.Want) {
		return nil
	}
	return m.listen(places, want)
}

// listen asks for meters, which begin anew.
func (m *Model) listen(places, want []string) []any {
	m.watch = Watch{m.watch.Number + 1, places, want}
	kept := make(map[string]*meter, len(places))
	for _, p := range places {
		if k := m.meters[p]; k != nil {
			kept[p] = k
		}
	}
	m.meters = kept
	return []any{m.watch}
}

// reset lets maxima, clips and loudness begin anew.
func (m *Model) reset() []any {
	if m.now == nil || m.lost != nil {
		return nil
	}
	for _, k := range m.meters {
		k.reset()
	}
	m.say("maxima, clips and loudness begin anew")
	return m.listen(m.watch.Places, m.watch.Want)
}
