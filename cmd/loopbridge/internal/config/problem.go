package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// Problem is one thing wrong with a file. Its Error is one line:
//
//	FILE:12:8: loop[1].rate = 900000: out of range, use 1000..768000
type Problem struct {
	File         string
	Line, Column int    // from 1; columns count bytes
	Key          string // dotted path with indexes
	Value        string // as written in the file; "" if there is none
	Reason       string // what is wrong and what is allowed
}

// Error implements error.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.sentence())
}

// sentence returns the problem without its position.
func (p *Problem) sentence() string {
	switch {
	case p.Key == "":
		return p.Reason
	case p.Value == "":
		return p.Key + ": " + p.Reason
	}
	return p.Key + " = " + p.Value + ": " + p.Reason
}

// Problems are all problems of a file, in file order.
type Problems []*Problem

// Error returns one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the first problem.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// oneLine makes source text fit into a message: no line breaks, no control characters, shortened.
func oneLine(s string) string {
	const most = 60 // characters
	s = console.Printable(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}
