package state

import "encoding/json"

// KeptFields are those that survive close, open and a restart of the daemon (D25):
// gain, port, balance of both sides, monitor_gain and output_muted.
func KeptFields() (s FieldSet) {
	for f := range Fields() {
		if f.Access()&Kept != 0 {
			s = s.With(f)
		}
	}
	return s
}

// Saved is what of a state goes into a file: an object of the KeptFields, as
// {"play":{"gain":255, …}, …}. It is read field by field, so that damage costs one field
// and not all: therefore it is text until [Info.Restore] reads it.
type Saved = json.RawMessage

// Save is what to keep. A port of a side without ports is left out.
func (i *Info) Save() Saved {
	keep := FieldSet(0)
	for f := range KeptFields().All() {
		if f.Kind() != KindPorts || f.Get(i) != 0 {
			keep = keep.With(f)
		}
	}
	return nested(keep, func(f Field) json.RawMessage { return f.JSON(i) })
}

// Restore sets what was saved, under the same rules as a set. What is missing stays as
// it is, and so does each field whose value is damaged or refused now, such as a port
// that is no longer plugged in. The error, [Problems], lists those; all others are set.
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
