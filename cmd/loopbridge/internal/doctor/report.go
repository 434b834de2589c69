package doctor

import (
	"cmp"
	"slices"
)

// Level says how bad a finding is.
type Level int

// The levels, from good to bad.
const (
	OK      Level = iota
	Note          // worth knowing: nothing is wrong, or it could not be read
	Warning       // sound works, and may not always
	Fault         // this breaks sound
)

// String returns the word that people and scripts see.
func (l Level) String() string { return [...]string{"ok", "note", "warning", "fault"}[l] }

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Finding is what a check has found. Text is a sentence without a full stop.
type Finding struct {
	Group  string `json:"group"` // subject, such as "cards"
	Check  string `json:"check"` // its name; never changes its meaning
	Level  Level  `json:"level"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"` // a line for a shell; never empty for a warning or a fault
}

// Report is the result of all checks: by group, in a group the worst first.
type Report struct {
	Faults   int       `json:"faults"`
	Warnings int       `json:"warnings"`
	Findings []Finding `json:"findings"`
}

// newReport sorts findings and counts them. order has the groups.
func newReport(found []Finding, order []string) Report {
	r := Report{Findings: found}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Group), slices.Index(order, b.Group)), cmp.Compare(b.Level, a.Level))
	})
	for _, f := range found {
		switch f.Level {
		case Fault:
			r.Faults++
		case Warning:
			r.Warnings++
		}
	}
	return r
}
