package state

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// ParsePatchJSON parses an object such as {"play":{"gain":100},"monitor_gain":3}, or with dotted
// names, {"play.gain":100}. The error is [Problems], as for ParsePatch. null does not mean
// "unchanged": leave such fields out.
func ParsePatchJSON(data []byte) (Patch, error) {
	b := readPatch(data)
	return b.done()
}

func readPatch(data []byte) (b patchBuilder) {
	err := walkFields(data, "", func(name string, raw json.RawMessage) {
		b.put(name, bits.Shorten(string(raw)), func(f Field) (uint32, string) { return f.parseJSON(raw) })
	}, &b.problems)
	if err != nil {
		p := Problem{Reason: "not a JSON object: " + err.Error(), Use: `write {"FIELD":VALUE}`}
		b = patchBuilder{problems: Problems{p}}
	}
	return b
}

// walkFields calls visit with a dotted name for each value in an object and in its objects
// "play" and "record". A repeated group is a problem.
func walkFields(data []byte, prefix string, visit func(name string, raw json.RawMessage), problems *Problems) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil {
		return unfinished(err)
	} else if t != json.Delim('{') {
		return errNoObject
	}
	var groups audio.Direction
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return unfinished(err)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return unfinished(err)
		}
		name := prefix + t.(string) // JSON keys are strings
		side := audio.Direction(0)
		if name == "play" {
			side = audio.Play
		} else if name == "record" {
			side = audio.Record
		}
		switch {
		case side == 0:
			visit(name, raw)
		case groups&side != 0:
			problems.add(name, "", "given twice", "give it once")
		case raw[0] != '{':
			problems.add(name, bits.Shorten(string(raw)), "not an object", `write "`+name+`":{"FIELD":VALUE}`)
		default:
			if err := walkFields(raw, name+".", visit, problems); err != nil {
				return err
			}
		}
		groups |= side
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return unfinished(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errTrailing
	}
	return nil
}

var (
	errNoObject = audio.ErrInvalid.With("it begins with something else")
	errTrailing = audio.ErrInvalid.With("something follows it")
)

func unfinished(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// MarshalJSON returns the patch in the form ParsePatchJSON reads, with nested sides.
func (p Patch) MarshalJSON() ([]byte, error) {
	return nested(p.has, func(f Field) json.RawMessage { return f.json(p.values[f]) }), nil
}

// UnmarshalJSON calls ParsePatchJSON.
func (p *Patch) UnmarshalJSON(data []byte) (err error) {
	*p, err = ParsePatchJSON(data)
	return err
}

// nested returns an object of fields in order, with those of a side in an object of its own.
func nested(fields FieldSet, value func(Field) json.RawMessage) []byte {
	out := []byte("{")
	var side audio.Direction
	for f := range fields.All() {
		if f.Side() != side {
			if side != 0 {
				out = append(out, '}')
			}
			side = f.Side()
			if side != 0 {
				out = append(comma(out), `"`+side.String()+`":{`...)
			}
		}
		out = append(comma(out), `"`+f.Short()+`":`...)
		out = append(out, value(f)...)
	}
	if side != 0 {
		out = append(out, '}')
	}
	return append(out, '}')
}

func comma(out []byte) []byte {
	if out[len(out)-1] == '{' {
		return out
	}
	return append(out, ',')
}

// MarshalJSON returns the object that the comment of Info shows.
func (i Info) MarshalJSON() ([]byte, error) {
	return nested(^FieldSet(0), func(f Field) json.RawMessage { return f.JSON(&i) }), nil
}

// UnmarshalJSON reads the output of MarshalJSON. It skips unknown fields, which a newer daemon
// may send; missing fields stay unchanged.
func (i *Info) UnmarshalJSON(data []byte) error {
	var problems Problems
	next := *i
	err := walkFields(data, "", func(name string, raw json.RawMessage) {
		f, known := FieldByName(name)
		if !known {
			return
		}
		v, reason := f.parseJSON(raw)
		if reason == "" || v == 0 && f.base() == PlayBufferSize && string(raw) == "0" {
			f.put(&next, v)
			return
		}
		problems.add(name, bits.Shorten(string(raw)), reason, "use "+f.Range())
	}, &problems)
	if err != nil {
		return audio.ErrInvalid.With("the state is not a JSON object: %v", err)
	}
	if err := problems.err(); err != nil {
		return err
	}
	*i = next
	return nil
}
