package state

import "encoding/json"

// KeptFields returns the fields that survive close, open and a restart of the daemon: gain, port
// and balance of both sides, monitor_gain and output_muted.
func KeptFields() (s FieldSet) {
	for f := range Fields() {
		if f.Access()&Kept != 0 {
			s = s.With(f)
		}
	}
	return s
}

// Saved is the part of a state that goes into a file: a JSON object of the KeptFields, as
// {"play":{"gain":255, …}, …}. [Info.Restore] parses it field by field, so that damage to one
// field does not cost the others.
type Saved = json.RawMessage

// Save returns what to keep. It leaves out the port of a side without ports.
func (i *Info) Save() Saved {
	keep := FieldSet(0)
	for f := range KeptFields().All() {
		if f.Kind() != KindPorts || f.Get(i) != 0 {
			keep = keep.With(f)
		}
	}
	return nested(keep, func(f Field) json.RawMessage { return f.JSON(i) })
}

// Restore sets what was saved, under the rules of a set. A missing field stays unchanged, as
// does one whose value is damaged or refused, such as a port that is no longer plugged in. The
// error, [Problems], lists the refused fields; all others are set.
func (i *Info) Restore(saved Saved, r Rules) error {
	b := readPatch(saved)
	for f, v := range b.patch.All() {
		if f.Access()&Kept == 0 {
			b.problems.add(f.Name(), f.text(v), "not a saved field", "leave it out")
			continue
		}
		var one Patch
		one.set(f, v)
		if _, err := i.Apply(one, r); err != nil {
			b.problems = append(b.problems, err.(Problems)...)
		}
	}
	return b.problems.err()
}
