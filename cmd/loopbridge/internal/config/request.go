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
	path := element("loop", 0)
	b, table, err := request(path, object)
	if err != nil {
		return Loop{}, err
	}
	c := Config{Loops: []Loop{b.loop(path, table)}}
	for _, name := range slices.Sorted(slices.Values(devices)) {
		d := DefaultNull()
		d.Name = name
		c.Devices = append(c.Devices, d)
	}
	b.crossCheck(&c)
	if err := b.refusal(); err != nil {
		return Loop{}, err
	}
	c.Loops[0].Added = true
	return c.Loops[0], nil
}

// ParseDevice parses a JSON object with the keys of [[device]], for a device of the network. A description is in it, and not the
// path of a file. The error is audio.ErrInvalid, with a line for each problem.
func ParseDevice(object []byte) (Device, error) {
	path := element("device", 0)
	b, table, err := request(path, object)
	if err != nil {
		return Device{}, err
	}
	if name, backend := table["name"], table["backend"]; name == NullDevice {
		return Device{}, audio.ErrInvalid.With("there is a device null already")
	} else if s, ok := backend.(string); ok && s != RTP.String() {
		return Device{}, audio.ErrInvalid.With("only devices of the backend rtp can be added; write others into the configuration, and reload it")
	}
	d := b.device(path, table)
	if d.Receive != nil && d.Receive.SDP != "" {
		b.wrong(join(path, "receive", "sdp"), "a request has the text of the description, not the path of a file")
	}
	if d.Receive != nil && d.Receive.Stream.Keys != nil {
		b.problems = nil // which may show it
		return Device{}, audio.ErrInvalid.With("the description has a key, which is not for requests: write it into a file that the daemon may read, " +
			"leave the line a=crypto out, and add receive.keys = \"FILE\"")
	}
	if err := b.refusal(); err != nil {
		return Device{}, err
	}
	d.Added = true
	return d, nil
}

// ParseRoute parses a JSON object with the keys of [[route]]. The error is audio.ErrInvalid, with a line
// for each problem. It does not look for the places.
func ParseRoute(object []byte) (Route, error) {
	path := element("route", 0)
	b, table, err := request(path, object)
	if err != nil {
		return Route{}, err
	}
	r := b.route(path, table)
	if err := b.refusal(); err != nil {
		return Route{}, err
	}
	return r, nil
}

// request decodes a JSON object, for a table of a path.
func request(path string, object []byte) (*binder, map[string]any, error) {
	var table map[string]any
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	if err := decoder.Decode(&table); err != nil {
		return nil, nil, audio.ErrInvalid.With("not a JSON object: %v", err)
	}
	numbers(table)
	return &binder{index: indexTable(path, table)}, table, nil
}

// refusal returns what is wrong with a request, or nil.
func (b *binder) refusal() error {
	if len(b.problems) == 0 {
		return nil
	}
	b.problems.sort()
	var lines []string
	for _, p := range b.problems {
		lines = append(lines, p.sentence())
	}
	return audio.ErrInvalid.With("%s", strings.Join(lines, "\n"))
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
