package config

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// place is where a key stands in the file.
type place struct {
	key   int // offset of the key, or of the element of an array
	value int // offset of the value; the key's own for a table header
	end   int // offset after the value; the key's own for a table header
}

// entry is a place and its path.
type entry struct {
	path string
	place
}

// keyIndex finds the place of a dotted path such as loop[1].rate.
type keyIndex struct {
	doc    []byte
	places map[string]place
	tables map[string]int // elements of each array of tables so far
	table  string         // path of the last header
	end    int            // offset after the last expression
	all    []entry        // every place in file order, with repeated keys
	parser unstable.Parser
}

// indexKeys indexes the document up to its first syntax error.
func indexKeys(doc []byte) *keyIndex {
	x := &keyIndex{doc: doc, places: map[string]place{}, tables: map[string]int{}}
	x.parser.Reset(doc)
	for x.parser.NextExpression() {
		switch e := x.parser.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			x.table = x.header(e)
		case unstable.KeyValue:
			x.keyValue(x.table, e)
			x.end = int(e.Raw.Offset + e.Raw.Length)
		}
	}
	return x
}

// header adds a [table] or an element of a [[table]] and returns its path.
func (x *keyIndex) header(e *unstable.Node) string {
	path := ""
	for it := e.Key(); it.Next(); {
		key := it.Node()
		path = join(path, string(key.Data))
		n := x.tables[path]
		if it.IsLast() && e.Kind == unstable.ArrayTable {
			x.note(path, place{key: int(key.Raw.Offset)})
			x.tables[path] = n + 1
			path = element(path, n)
		} else if n > 0 {
			path = element(path, n-1) // a table inside the newest element
		}
		x.note(path, place{key: int(key.Raw.Offset)})
		x.end = int(key.Raw.Offset + key.Raw.Length)
	}
	return path
}

// keyValue adds key = value under the path of its table, and what is inside the value.
func (x *keyIndex) keyValue(table string, e *unstable.Node) {
	path, first, last := table, -1, 0
	for it := e.Key(); it.Next(); {
		raw := it.Node().Raw
		path = join(path, string(it.Node().Data))
		if first < 0 {
			first = int(raw.Offset)
		}
		last = int(raw.Offset + raw.Length)
		if !it.IsLast() {
			x.note(path, place{key: first})
		}
	}
	value := last
	for value < len(x.doc) && strings.IndexByte(" \t=", x.doc[value]) >= 0 {
		value++
	}
	end := int(e.Raw.Offset + e.Raw.Length)
	x.note(path, place{key: first, value: value, end: end})
	x.inside(path, e.Value(), value, end)
}

// inside adds the elements of an array and the keys of an inline table.
func (x *keyIndex) inside(path string, v *unstable.Node, value, end int) {
	if len(path) > 1000 {
		return // absurdly deep: no key of ours, and paths grow quadratically
	}
	switch v.Kind {
	case unstable.Array:
		it := v.Children()
		for i := 0; it.Next(); {
			n := it.Node()
			if n.Kind == unstable.Comment {
				continue
			}
			from, to := value, end // a nested array has no range of its own
			if n.Raw.Length > 0 {
				from, to = int(n.Raw.Offset), int(n.Raw.Offset+n.Raw.Length)
			}
			x.note(element(path, i), place{key: from, value: from, end: to})
			x.inside(element(path, i), n, from, to)
			i++
		}
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				x.keyValue(path, it.Node())
			}
		}
	}
}

// note adds a place; the first place of a path counts.
func (x *keyIndex) note(path string, p place) {
	if p.end <= p.value {
		p.value, p.end = p.key, p.key
	}
	x.all = append(x.all, entry{path, p})
	if _, known := x.places[path]; !known {
		x.places[path] = p
	}
}

// at returns the innermost key or table header that contains an offset.
func (x *keyIndex) at(offset int) (found entry, ok bool) {
	for _, e := range x.all {
		if e.key <= offset && offset < max(e.end, e.key+1) && (!ok || e.key > found.key) {
			found, ok = e, true
		}
	}
	return found, ok
}

// begins reports whether no expression is open at the line at start: only comments lie between it
// and the last whole expression.
func (x *keyIndex) begins(start int) bool {
	if start < x.end {
		return false
	}
	rest := x.doc[x.end:start]
	if x.end > 0 {
		_, rest, _ = bytes.Cut(rest, []byte("\n")) // ]] or a comment
	}
	for line := range bytes.Lines(rest) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// text returns the value at p in one line, "" for a table header.
func (x *keyIndex) text(p place) string { return oneLine(string(x.doc[p.value:p.end])) }

// position returns line and column of an offset, both from 1.
func (x *keyIndex) position(offset int) (line, column int) {
	before := x.doc[:offset]
	return bytes.Count(before, []byte("\n")) + 1, offset - bytes.LastIndexByte(before, '\n')
}

// join appends keys to a path, each quoted if it is not a bare key.
func join(path string, keys ...string) string {
	for _, key := range keys {
		if !isBare(key) {
			key = strconv.Quote(key)
		}
		if path != "" {
			path += "."
		}
		path += key
	}
	return path
}

// isBare reports whether a key needs no quotes.
func isBare(key string) bool {
	return key != "" && strings.IndexFunc(key, func(r rune) bool {
		return !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}) < 0
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
