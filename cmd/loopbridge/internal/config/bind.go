package config

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// field is one key of a table. set stores the value, as go-toml decodes it, and
// returns what is wrong with it, or "".
type field struct {
	key string
	set func(v any) (reason string)
}

// origin is what tables were decoded from: it knows where keys stand, for messages. A place
// that is not there is the beginning.
type origin interface {
	given(path string) bool       // there is such a key, or table
	text(path string) string      // the value as written, in one line; "" for a table
	keyAt(path string) position   // of a key, or of a table's header
	valueAt(path string) position // of its value
}

// position is a place as people count it, from 1.
type position struct{ line, column int }

// binder copies decoded tables into the typed configuration, and collects all that is wrong
// on the way.
type binder struct {
	file     string
	from     origin
	problems Problems
	probe    func(file string, f audio.Format) error // of an input; nil: look at no file
	partial  bool                                    // a line was left out for its syntax: what is missing may be there
}

// table sets the fields of one table. A key that is no field is a problem.
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

// unknown says that key is not among the fields.
func (b *binder) unknown(path, key string, fields []field) {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	reason := "unknown key"
	if slices.Contains([]string{"route", "monitor_gain"}, key) {
		reason = "this version does not have it"
	}
	b.add(path, b.from.text(path), b.from.keyAt(path), reason+", use "+oneOf(keys))
}

// wrong says what is wrong with the value of a key, or with the table itself.
func (b *binder) wrong(path, reason string) {
	b.add(path, b.from.text(path), b.from.valueAt(path), reason)
}

// missing says that a table lacks a key.
func (b *binder) missing(table, key, use string) {
	if b.partial {
		return
	}
	b.add(join(table, key), "", b.from.keyAt(table), "missing, use "+use)
}

func (b *binder) add(path, value string, at position, reason string) {
	b.problems = append(b.problems, &Problem{
		File: b.file, Line: at.line, Column: at.column, Key: path, Value: value, Reason: reason,
	})
}

// line returns where the key of a path stands.
func (b *binder) line(path string) int { return b.from.keyAt(path).line }

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}
