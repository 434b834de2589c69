package state

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// Problem is one thing that is wrong with a set or a saved state.
type Problem struct {
	Field  string `json:"field"`  // the name as given; "" for the whole text
	Value  string `json:"value"`  // the value as given, shortened
	Reason string `json:"reason"` // what is wrong
	Use    string `json:"use"`    // the range, or what to do

	errno *audio.Error
}

// Error returns a line such as "play.gain = 300: out of range, use 0..255".
func (p Problem) Error() string {
	var b strings.Builder
	if p.Field != "" {
		b.WriteString(p.Field)
		if p.Value != "" {
			b.WriteString(" = " + p.Value)
		}
		b.WriteString(": ")
	}
	b.WriteString(p.Reason)
	if p.Use != "" {
		b.WriteString(", " + p.Use)
	}
	return b.String()
}

// Unwrap returns the entry of the errno table, ErrInvalid by default.
func (p Problem) Unwrap() error {
	if p.errno == nil {
		return audio.ErrInvalid
	}
	return p.errno
}

// Problems is everything that is wrong with a set, as one error. Problems with ErrInvalid come
// first, so that errors.As finds it if there is one.
type Problems []Problem

// mostProblems is how many problems of one set are reported.
const mostProblems = 20

// Error returns one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns each problem, for errors.Is and errors.As.
func (p Problems) Unwrap() []error {
	all := make([]error, len(p))
	for i := range p {
		all[i] = p[i]
	}
	return all
}

func (p *Problems) add(field, value, reason, use string) {
	*p = append(*p, Problem{Field: field, Value: value, Reason: reason, Use: use})
}

// err returns p as an error, or nil.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int { return a.late() - b.late() })
	if more := len(p) - mostProblems; more > 0 {
		p = append(p[:mostProblems:mostProblems], Problem{Reason: fmt.Sprintf("and %d more", more)})
	}
	return p
}

func (p Problem) late() int {
	if errors.Is(p, audio.ErrInvalid) {
		return 0
	}
	return 1
}

// unknownField suggests similar names, or lists all.
func unknownField(name, value string) Problem {
	p := Problem{Field: bits.Shorten(name), Value: value, Reason: "no such field"}
	var ends, all []string
	nearest, best := "", max(2, len(name)/4)+1
	for f := range Fields() {
		if f.Access()&Settable == 0 {
			continue
		}
		all = append(all, f.Name())
		if name == f.Short() {
			ends = append(ends, f.Name())
		}
		if d := distance(name, f.Name()); d < best {
			nearest, best = f.Name(), d
		}
	}
	switch {
	case len(ends) > 0:
		p.Use = "use " + strings.Join(ends, " or ")
	case nearest != "":
		p.Use = "did you mean " + nearest + "?"
	default:
		p.Use = "use one of " + strings.Join(all, ", ")
	}
	return p
}

// distance returns how many letters to change, add or drop to turn a into b (Levenshtein).
func distance(a, b string) int {
	if len(a) > 2*len(b)+8 { // far, whatever the letters
		return len(a)
	}
	line := make([]int, len(b)+1)
	for j := range line {
		line[j] = j
	}
	for i := range len(a) {
		corner := line[0]
		line[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost = 1 + min(corner, line[j], line[j+1])
			}
			corner, line[j+1] = line[j+1], cost
		}
	}
	return line[len(b)]
}
