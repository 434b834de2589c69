// Package bits formats and parses values for people: sets of named bits, numbers, and user input
// shortened to fit into a message.
package bits

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text returns the names of the set bits joined with "+". Bits without a name are one number at
// the end.
func Text(v uint32, names []string) string {
	if v == 0 {
		return "none"
	}
	var parts []string
	for i, name := range names {
		if v&(1<<i) != 0 {
			parts = append(parts, name)
			v &^= 1 << i
		}
	}
	if v != 0 {
		parts = append(parts, "0x"+strconv.FormatUint(uint64(v), 16))
	}
	return strings.Join(parts, "+")
}

// Parse parses the output of Text; each part may also be a number.
func Parse(text string, names []string) (v uint32, ok bool) {
	if strings.EqualFold(strings.TrimSpace(text), "none") {
		return 0, true
	}
	for part := range strings.SplitSeq(text, "+") {
		bit, ok := parseBit(strings.TrimSpace(part), names)
		if !ok {
			return 0, false
		}
		v |= bit
	}
	return v, true
}

func parseBit(part string, names []string) (uint32, bool) {
	for i, name := range names {
		if strings.EqualFold(part, name) {
			return 1 << i, true
		}
	}
	v, reason := Whole(part)
	return v, reason == ""
}

// Range describes for a person what Parse accepts.
func Range(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1] + ", joined with +"
}

// Whole parses a number of 32 bits: decimal, hexadecimal with 0x, or a float that is whole, as
// written by programs that only have floats.
func Whole(text string) (v uint32, reason string) {
	digits, base := text, 10
	if len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X") {
		digits, base = text[2:], 16
	}
	if n, err := strconv.ParseUint(digits, base, 32); err == nil {
		return uint32(n), ""
	} else if base == 16 && err.(*strconv.NumError).Err != strconv.ErrRange {
		return 0, "not a whole number"
	}
	if base == 16 {
		return 0, "more than 32 bits"
	}
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsNaN(x) || x == 0 && err != nil:
		return 0, "not a number"
	case x < 0:
		return 0, "negative"
	case x > math.MaxUint32:
		return 0, "more than 32 bits"
	case x != math.Trunc(x):
		return 0, "not a whole number"
	}
	return uint32(x), ""
}

// Shorten makes any text fit into a message: short, printable and on one line.
func Shorten(text string) string {
	const most = 60
	if len(text) > most {
		cut := most
		for !utf8.RuneStart(text[cut]) && cut > most-4 {
			cut--
		}
		text = text[:cut] + "…"
	}
	strange := func(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }
	if text == "" || strings.ContainsFunc(text, strange) {
		return strconv.Quote(text)
	}
	return text
}
