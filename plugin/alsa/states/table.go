package states

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Who is the owner of a column in a table.
type Who int

// The owners of the columns of a [Table].
const (
	Plugin Who = iota
	Kernel
)

// columns are the columns of a row as the program prints them.
var columns = [...]string{"block none", "block restart", "block interrupt", "nonblock none"}

// row is the effect of a call in a state.
type row struct {
	cells  [2][len(columns)]string // by Who
	reason string                  // why the two differ; "": they agree
}

// Table holds the expected cells of a direction.
type Table struct {
	direction string
	names     []string // of rows: state and call
	rows      map[string]*row
	reasons   map[string]string
}

// Read reads the table of direction, "playback" or "capture", from a file.
func Read(path, direction string) (*Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &Table{direction: direction, rows: map[string]*row{}, reasons: map[string]string{}}
	for i, line := range strings.Split(string(text), "\n") {
		if err := t.add(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return t, t.unused(path)
}

// add parses a line of the file.
func (t *Table) add(line string) error {
	name, text, isReason := strings.Cut(line, ": ")
	head, rest, isRow := strings.Cut(line, "|")
	words := strings.Fields(head)
	switch {
	case strings.TrimSpace(line) == "":
	case isRow && len(words) == 2 && words[0] == "kernel":
		if len(t.names) == 0 || t.reasons[words[1]] == "" {
			return fmt.Errorf("%q has no row before it, or its reason is not given", strings.TrimSpace(head))
		}
		r := t.rows[t.names[len(t.names)-1]]
		r.reason = words[1]
		if err := split(rest, &r.cells[Kernel]); err != nil {
			return err
		}
		if r.cells[Kernel] == r.cells[Plugin] {
			return fmt.Errorf("the kernel does the same as the plugin")
		}
	case isRow && len(words) == 2:
		r := &row{}
		if err := split(rest, &r.cells[Plugin]); err != nil {
			return err
		}
		r.cells[Kernel] = r.cells[Plugin]
		key := strings.Join(words, " ")
		if t.rows[key] != nil {
			return fmt.Errorf("a second row of %s", key)
		}
		t.rows[key], t.names = r, append(t.names, key)
	case isReason:
		t.reasons[name] = text
	default:
		return fmt.Errorf("neither a reason nor a row: %q", line)
	}
	return nil
}

// split parses the cells of a row.
func split(text string, cells *[len(columns)]string) error {
	parts := strings.Split(text, "|")
	if len(parts) != len(cells) {
		return fmt.Errorf("a row has %d cells, not %d", len(cells), len(parts))
	}
	for i, p := range parts {
		if cells[i] = strings.TrimSpace(p); cells[i] == "=" && i > 0 {
			cells[i] = cells[i-1]
		}
	}
	return nil
}

// unused returns an error if no row uses one of the reasons.
func (t *Table) unused(path string) error {
	for name := range t.reasons {
		if !slices.ContainsFunc(t.names, func(n string) bool { return t.rows[n].reason == name }) {
			return fmt.Errorf("%s: no row has the reason %q", path, name)
		}
	}
	return nil
}

// Compare returns the cells that differ from a program's output or are missing in it, nil for
// none. In rows with one of the void reasons the kernel must behave like the plugin.
func (t *Table) Compare(who Who, output string, void ...string) (wrong []string) {
	got := map[string]string{}
	for line := range strings.Lines(output) {
		if name, cell, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			got[name] = cell
		}
	}
	for _, key := range t.names {
		for i, column := range columns {
			name := strings.Join([]string{t.direction, key, column}, " ")
			r, as := t.rows[key], who
			if slices.Contains(void, r.reason) {
				as = Plugin
			}
			want := r.cells[as][i]
			switch cell, there := got[name]; {
			case !there:
				wrong = append(wrong, name+": is missing")
			case !slices.Contains(strings.Split(want, "/"), cell):
				wrong = append(wrong, fmt.Sprintf("%s: %s, want %s", name, cell, want))
			}
			delete(got, name)
		}
	}
	for name, cell := range got {
		wrong = append(wrong, fmt.Sprintf("%s: %s, which the table does not have", name, cell))
	}
	return wrong
}

// Cells returns the number of cells, and the number of rows in which the kernel differs.
func (t *Table) Cells() (cells, differ int) {
	for _, r := range t.rows {
		if r.reason != "" {
			differ++
		}
	}
	return len(t.names) * len(columns), differ
}
