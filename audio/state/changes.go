package state

import "encoding/json"

// Change is a field whose value differs from before.
type Change struct {
	Field    Field
	Old, New uint32 // as [Field.Get] gives them
}

// Changes lists the differences in the order of the table. A gain is listed without its gain_db.
func Changes(before, after *Info) []Change {
	var all []Change
	for f := range changed(before, after).All() {
		all = append(all, Change{f, f.Get(before), f.Get(after)})
	}
	return all
}

// String returns a line such as "play.gain: 100 -> 120".
func (c Change) String() string {
	return c.Field.Name() + ": " + c.Field.text(c.Old) + " -> " + c.Field.text(c.New)
}

// Values returns both values as JSON.
func (c Change) Values() (before, after json.RawMessage) {
	return c.Field.json(c.Old), c.Field.json(c.New)
}

// changed returns the fields that differ.
func changed(before, after *Info) (s FieldSet) {
	for f := range Fields() {
		if f.target() == f && f.Get(before) != f.Get(after) {
			s = s.With(f)
		}
	}
	return s
}
