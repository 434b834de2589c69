package lab

import (
	"cmp"
	"strings"
)

// compareVersions compares versions as Debian does: 6.1.0-9 is older than 6.1.0-10, and
// 6.1.180~rc1 older than 6.1.180. It returns -1, 0 or 1.
func compareVersions(a, b string) int {
	epochA, restA := splitEpoch(a)
	epochB, restB := splitEpoch(b)
	upA, revA := splitRevision(restA)
	upB, revB := splitRevision(restB)
	return cmp.Or(comparePart(epochA, epochB), comparePart(upA, upB), comparePart(revA, revB))
}

func splitEpoch(v string) (epoch, rest string) {
	if epoch, rest, ok := strings.Cut(v, ":"); ok {
		return epoch, rest
	}
	return "0", v
}

func splitRevision(v string) (upstream, revision string) {
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return v[:i], v[i+1:]
	}
	return v, ""
}

// comparePart compares what is no digit letter by letter, then what is digits as a number,
// and so on.
func comparePart(a, b string) int {
	isDigit := func(r rune) bool { return '0' <= r && r <= '9' }
	split := func(s string, digits bool) (head, tail string) {
		i := strings.IndexFunc(s, func(r rune) bool { return isDigit(r) != digits })
		if i < 0 {
			i = len(s)
		}
		return s[:i], s[i:]
	}
	for digits := false; a != "" || b != ""; digits = !digits {
		var x, y string
		x, a = split(a, digits)
		y, b = split(b, digits)
		if digits {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
		} else if c := compareText(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// compareText sorts a tilde before the end, the end before letters, letters before the rest.
func compareText(a, b string) int {
	order := func(s string, i int) int {
		switch {
		case i >= len(s):
			return 0
		case s[i] == '~':
			return -1
		case 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z':
			return int(s[i])
		}
		return int(s[i]) + 256
	}
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(order(a, i), order(b, i)); c != 0 {
			return c
		}
	}
	return 0
}
