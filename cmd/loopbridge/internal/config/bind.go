package config

import (
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// field is a key of a table. set stores a value decoded by go-toml and returns what is wrong with
// it, or "".
type field struct {
	key string
	set func(v any) (reason string)
}

// binder copies decoded tables into the typed configuration and collects all problems.
type binder struct {
	file     string
	index    *keyIndex
	problems Problems
	probe    func(file string, f audio.Format) error // checks an input file; nil: does not look at files
	partial  bool                                    // a line with a syntax error was left out: a missing key may be in it
	running  bool                                    // it is for a daemon that runs
}

// table sets the fields of a table. Any other key is a problem.
func (b *binder) table(path string, v any, fields []field) {
	values, ok := v.(map[string]any)
	if !ok {
		b.wrong(path, "is "+kindOf(v)+", use a table")
		return
	}
	for _, f := range fields {
		if v, given := values[f.key]; given {
			if reason := f.set(v); reason != "" {
				b.wrong(join(path, f.key), reason)
			}
			delete(values, f.key)
		}
	}
	for key := range values {
		b.unknown(join(path, key), key, fields)
	}
}

// tables calls bind for each element of an array of tables.
func (b *binder) tables(path string, v any, bind func(path string, v any)) (reason string) {
	elements, ok := v.([]any)
	if !ok {
		return "is " + kindOf(v) + ", use [[" + path + "]]"
	}
	for i, e := range elements {
		bind(element(path, i), e)
	}
	return ""
}

// unknown reports a key that is not in fields.
func (b *binder) unknown(path, key string, fields []field) {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	reason := "unknown key"
	if key == "monitor_gain" {
		reason = "this version does not have it"
	}
	p := b.index.places[path]
	b.add(path, b.index.text(p), p.key, reason+", use "+oneOf(keys))
}

// wrong reports a problem with the value of a key, or with a table.
func (b *binder) wrong(path, reason string) {
	p := b.index.places[path]
	b.add(path, b.index.text(p), p.value, reason)
}

// missing reports that a table lacks a key.
func (b *binder) missing(table, key, use string) {
	if b.partial {
		return
	}
	b.add(join(table, key), "", b.index.places[table].key, "missing, use "+use)
}

func (b *binder) add(path, value string, offset int, reason string) {
	line, column := b.index.position(offset)
	b.problems = append(b.problems, &Problem{File: b.file, Line: line, Column: column, Key: path, Value: value,
		Reason: reason})
}

// given reports whether the file has a key or a table.
func (b *binder) given(path string) bool { _, ok := b.index.places[path]; return ok }

// line returns the line of a key.
func (b *binder) line(path string) int {
	line, _ := b.index.position(b.index.places[path].key)
	return line
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}
