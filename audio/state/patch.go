package state

import (
	"fmt"
	"iter"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// Patch is what one AUDIO_SETINFO changes: fields and their new values, each within the range of
// the table. Other fields stay unchanged. The zero value changes nothing.
type Patch struct {
	has    FieldSet
	values [endOfFields]uint32
}

// ParsePatch parses name=value arguments of a command line, ignoring spaces around names and
// values. The error is [Problems]: everything that is wrong.
func ParsePatch(args ...string) (Patch, error) {
	var b patchBuilder
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !found:
			b.problems.add(bits.Shorten(arg), "", `no "="`, "write FIELD=VALUE")
		case name == "":
			b.problems.add(bits.Shorten(arg), "", `no field before "="`, "write FIELD=VALUE")
		default:
			b.put(name, bits.Shorten(value), func(f Field) (uint32, string) { return f.parse(value) })
		}
	}
	return b.done()
}

// Set adds a field with a value as returned by [Field.Get]. It returns ErrInvalid, and leaves the
// patch alone, if the field cannot be set or the value is out of range.
func (p *Patch) Set(f Field, v uint32) error {
	var b patchBuilder
	if !f.Valid() {
		return audio.ErrInvalid.With("%d is not a field", uint8(f))
	}
	b.put(f.Name(), f.text(v), func(Field) (uint32, string) {
		if !f.fits(v) {
			return 0, "out of range"
		}
		return v, ""
	})
	if err := b.problems.err(); err != nil {
		return err
	}
	p.set(f.target(), v)
	return nil
}

// Get returns the value for a field, and whether the patch sets it.
func (p Patch) Get(f Field) (v uint32, ok bool) {
	f = f.target()
	if !p.has.Has(f) {
		return 0, false
	}
	return p.values[f], true
}

// Fields returns the fields that the patch sets. A gain_db counts as its gain.
func (p Patch) Fields() FieldSet { return p.has }

// All yields the fields and their values, in table order.
func (p Patch) All() iter.Seq2[Field, uint32] {
	return func(yield func(Field, uint32) bool) {
		for f := range p.has.All() {
			if !yield(f, p.values[f]) {
				return
			}
		}
	}
}

// Texts returns the patch as arguments for ParsePatch.
func (p Patch) Texts() []string {
	var all []string
	for f, v := range p.All() {
		all = append(all, f.Name()+"="+f.text(v))
	}
	return all
}

func (p *Patch) set(f Field, v uint32) {
	p.has = p.has.With(f)
	p.values[f] = v
}

// patchBuilder collects a patch and its problems.
type patchBuilder struct {
	patch    Patch
	named    FieldSet // as written: gain_db differs from gain here
	problems Problems
}

// put adds one field. read parses the value and returns why it cannot, or "".
func (b *patchBuilder) put(name, value string, read func(Field) (v uint32, reason string)) {
	f, known := FieldByName(name)
	if !known && len(b.problems) > mostProblems { // enough to report, and the search for a similar name is slow
		b.problems.add(name, value, "no such field", "")
		return
	}
	if !known {
		b.problems = append(b.problems, unknownField(name, value))
		return
	}
	again := b.named.Has(f)
	b.named = b.named.With(f)
	switch {
	case again:
		b.problems.add(name, value, "given twice", "give it once")
		return
	case f.Access()&Settable == 0:
		b.problems.add(name, value, "read-only", "leave it out")
		return
	}
	v, reason := read(f)
	if reason != "" {
		b.problems.add(name, value, reason, "use "+f.Range())
		return
	}
	if had, ok := b.patch.Get(f); ok && had != v {
		b.problems.add(name, value, "contradicts the gain given with it", "give gain or gain_db")
		return
	}
	b.patch.set(f.target(), v)
}

func (b *patchBuilder) done() (Patch, error) {
	if err := b.problems.err(); err != nil {
		return Patch{}, err
	}
	return b.patch, nil
}

// String returns the patch on one line, for logs.
func (p Patch) String() string { return fmt.Sprint(p.Texts()) }
