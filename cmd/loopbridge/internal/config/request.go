package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/loopbridge/loopbridge/audio"
)

// ParseLoop parses a JSON object with the keys of [[loop]] under the rules of a file with these
// devices. The error is audio.ErrInvalid, with a line for each problem.
func ParseLoop(object []byte, devices []string) (Loop, error) {
	var table map[string]any
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	if err := decoder.Decode(&table); err != nil {
		return Loop{}, audio.ErrInvalid.With("not a JSON object: %v", err)
	}
	numbers(table)
	path := element("loop", 0)
	b := &binder{index: indexTable(path, table)}
	c := Config{Loops: []Loop{b.loop(path, table)}}
	for _, name := range slices.Sorted(slices.Values(devices)) {
		d := DefaultNull()
		d.Name = name
		c.Devices = append(c.Devices, d)
	}
	b.crossCheck(&c)
	if len(b.problems) == 0 {
		return c.Loops[0], nil
	}
	b.problems.sort()
	var lines []string
	for _, p := range b.problems {
		lines = append(lines, p.sentence())
	}
	return Loop{}, audio.ErrInvalid.With("%s", strings.Join(lines, "\n"))
}

// numbers converts JSON numbers to TOML's and drops null.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case map[string]any:
		for key, value := range v {
			if v[key] = numbers(value); value == nil {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	}
	return v
}

// indexTable is indexKeys for a table from a request. It lists keys in the order of a file:
// values by name, then tables by name, each in a line of its own.
func indexTable(path string, table map[string]any) *keyIndex {
	x := &keyIndex{places: map[string]place{}}
	x.value(path, table)
	return x
}

// value adds a value, and what is inside a table.
func (x *keyIndex) value(path string, v any) {
	text, at := written(v), len(x.doc)
	x.note(path, place{key: at, value: at, end: at + len(text)})
	x.doc = append(x.doc, text+"\n"...)
	table, _ := v.(map[string]any)
	for _, isTable := range []bool{false, true} {
		for _, key := range slices.Sorted(maps.Keys(table)) {
			if isTable == (written(table[key]) == "") {
				x.value(join(path, key), table[key])
			}
		}
	}
}

// written returns a value as a file would have it, "" for tables.
func written(v any) string {
	text, _ := toml.Marshal(map[string]any{"v": v})
	if value, isKey := strings.CutPrefix(string(text), "v = "); isKey {
		return strings.TrimSpace(value)
	}
	return ""
}
