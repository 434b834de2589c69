package config

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/loopbridge/loopbridge/audio"
)

// ParseLoop reads one loop under the rules of a file that has these devices: object is a JSON
// object with the keys of [[loop]]. The error is audio.ErrInvalid, with a line for each problem.
func ParseLoop(object []byte, devices []string) (Loop, error) {
	var table map[string]any
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	if err := decoder.Decode(&table); err != nil {
		return Loop{}, audio.ErrInvalid.With("not a JSON object: %v", err)
	}
	numbers(table)
	path := element("loop", 0)
	b := &binder{from: newRequest(path, table)}
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

// numbers makes the numbers of JSON those of TOML, and drops null.
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

// request is the origin of a table that was sent. Its keys stand where a file would have them,
// one a line: values by name, then tables by name.
type request struct {
	values map[string]any // by path
	lines  map[string]int
}

func newRequest(path string, table map[string]any) *request {
	r := &request{map[string]any{}, map[string]int{}}
	r.add(path, table)
	return r
}

func (r *request) add(path string, v any) {
	r.values[path], r.lines[path] = v, len(r.lines)+1
	table, _ := v.(map[string]any)
	var keys, tables []string
	for key, v := range table {
		if written(v) != "" {
			keys = append(keys, key)
		} else {
			tables = append(tables, key)
		}
	}
	slices.Sort(keys)
	slices.Sort(tables)
	for _, key := range append(keys, tables...) {
		r.add(join(path, key), table[key])
	}
}

// written returns a value as a file would have it; "" for a table, and for tables.
func written(v any) string {
	text, _ := toml.Marshal(map[string]any{"v": v})
	value, isKey := strings.CutPrefix(string(text), "v = ")
	if !isKey {
		return ""
	}
	return oneLine(value)
}

func (r *request) given(path string) bool { _, ok := r.values[path]; return ok }

func (r *request) text(path string) string { return written(r.values[path]) }

func (r *request) keyAt(path string) position { return position{r.lines[path], 1} }

func (r *request) valueAt(path string) position { return r.keyAt(path) }
