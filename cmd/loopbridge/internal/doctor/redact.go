package doctor

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// redactor replaces what tells people and machines apart: names of users, homes and the host, addresses, serial
// numbers. The same original always has the same replacement, so that what belongs together still does.
type redactor struct {
	known    map[string]string // replacements, by what they replace in lower case
	words    []string          // of known, those that the machine says; the longest first
	counts   map[string]int    // of replacements so far, by kind
	patterns []pattern
}

// The kinds of what is replaced. A replacement is a kind and a number.
const (
	userKind   = "user"
	hostKind   = "host"
	serialKind = "serial"
	keyKind    = "key"
	addrKind   = "address"
)

// User ids of people; those below belong to programs.
const (
	firstPerson = 1000
	nobody      = 65534
)

// newRedactor learns the names and numbers of a machine; users are more names of people.
func newRedactor(l *look, users []string) *redactor {
	r := &redactor{known: map[string]string{}, counts: map[string]int{}, patterns: patterns()}
	r.learnPeople(l)
	for _, name := range slices.Concat(users, []string{l.Getenv("USER"), l.Getenv("LOGNAME"), l.Getenv("SUDO_USER"), path.Base(l.Getenv("HOME"))}) {
		if _, err := strconv.Atoi(name); err != nil && name != "root" && name != "." && name != "/" {
			r.learn(userKind, name)
		}
	}
	for _, file := range []string{"proc/sys/kernel/hostname", "etc/hostname"} {
		r.learnHost(l.text(file))
	}
	for _, pattern := range []string{"sys/bus/usb/devices/*/serial", "sys/class/dmi/id/*_serial", "sys/class/dmi/id/product_uuid",
		"sys/class/dmi/id/*_asset_tag", "etc/machine-id", "proc/device-tree/serial-number"} {
		for _, file := range l.glob(pattern) {
			r.learnSerial(strings.TrimRight(l.text(file), "\x00"))
		}
	}
	for _, c := range l.cards {
		r.learnSerial(c.Serial)
	}
	return r
}

// learnHost adds the name of a host, which may have a domain.
func (r *redactor) learnHost(name string) {
	first, domain, _ := strings.Cut(name, ".")
	if first == "localhost" || first == "(none)" {
		return
	}
	r.learn(hostKind, first)
	r.alias(first, name)
	if strings.Contains(domain, ".") { // not "local"
		r.learn(hostKind, domain)
	}
}

// learnPeople learns the names in etc/passwd.
func (r *redactor) learnPeople(l *look) {
	passwd, _ := l.read("etc/passwd")
	for line := range strings.Lines(passwd) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 6 {
			continue
		}
		if uid, err := strconv.Atoi(f[2]); err != nil || uid < firstPerson || uid == nobody {
			continue
		}
		r.learn(userKind, f[0])
		real, _, _ := strings.Cut(f[4], ",")
		r.alias(f[0], real, path.Base(f[5]))
		for _, part := range strings.Fields(real) {
			if utf8.RuneCountInString(part) > 2 { // not "de"
				r.alias(f[0], part)
			}
		}
	}
}

// learnSerial adds a serial number. Firmware that has none says so in words, or with a short number.
func (r *redactor) learnSerial(s string) {
	none := []string{"none", "not specified", "to be filled by o.e.m.", "default string", "system serial number", "chassis serial number"}
	if len(s) >= 4 && strings.Trim(s, "0. -") != "" && !slices.Contains(none, strings.ToLower(s)) {
		r.learn(serialKind, s)
	}
}

// learn adds a name.
func (r *redactor) learn(kind, name string) {
	if name == "" || r.known[strings.ToLower(name)] != "" {
		return
	}
	r.next(kind, name)
	r.addWord(name)
}

// next gives a replacement to something, in lower case the key of known.
func (r *redactor) next(kind, found string) string {
	r.counts[kind]++
	replacement := fmt.Sprintf("%s%d", kind, r.counts[kind])
	r.known[strings.ToLower(found)] = replacement
	return replacement
}

// alias adds names with the replacement of another one.
func (r *redactor) alias(of string, names ...string) {
	replacement := r.known[strings.ToLower(of)]
	for _, name := range names {
		if name != "" && name != "." && name != "/" && r.known[strings.ToLower(name)] == "" && replacement != "" {
			r.known[strings.ToLower(name)] = replacement
			r.addWord(name)
		}
	}
}

func (r *redactor) addWord(name string) {
	r.words = append(r.words, strings.ToLower(name))
	slices.SortStableFunc(r.words, func(a, b string) int { return len(b) - len(a) })
}

// redact returns a text without what tells people apart, and how often it has replaced something, by kind.
func (r *redactor) redact(text string) (string, map[string]int) {
	done := map[string]int{}
	var b strings.Builder
	for line := range strings.Lines(text) { // package regexp is slow with long texts
		line = r.replaceWords(line, done)
		for _, p := range r.patterns {
			line = r.replace(line, p, done)
		}
		b.WriteString(line)
	}
	return b.String(), done
}

// replaceWords replaces known words, wherever they stand alone.
func (r *redactor) replaceWords(text string, done map[string]int) string {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // letters whose case has another length: then case counts
		lower = text
	}
	var b strings.Builder
	for at := 0; at < len(text); {
		word := r.wordAt(lower, at)
		if word == "" {
			b.WriteByte(text[at])
			at++
			continue
		}
		replacement := r.known[word]
		done[kindOf(replacement)]++
		b.WriteString(replacement)
		at += len(word)
	}
	return b.String()
}

// kindOf returns the kind of a replacement.
func kindOf(replacement string) string { return strings.TrimRight(replacement, "0123456789") }

// wordAt returns the longest known word that begins at an offset and is no part of another word.
func (r *redactor) wordAt(lower string, at int) string {
	if before, _ := utf8.DecodeLastRuneInString(lower[:at]); at > 0 && inWord(before) {
		return ""
	}
	for _, word := range r.words {
		if strings.HasPrefix(lower[at:], word) {
			after, n := utf8.DecodeRuneInString(lower[at+len(word):])
			if n == 0 || !inWord(after) {
				return word
			}
		}
	}
	return ""
}

// inWord reports whether a rune goes on with a name. "_" does not: names of files and of cards are joined with it.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// replace replaces what a pattern finds.
func (r *redactor) replace(text string, p pattern, done map[string]int) string {
	found := p.is.FindAllStringSubmatchIndex(text, -1)
	if found == nil {
		return text
	}
	var b strings.Builder
	last := 0
	for _, m := range found {
		from, to := m[len(m)-2], m[len(m)-1]
		is := text[from:to]
		if p.keep(is) {
			continue
		}
		replacement := r.known[strings.ToLower(is)]
		if replacement == "" {
			replacement = r.next(p.kind, is)
		}
		done[p.kind]++
		b.WriteString(text[last:from] + replacement)
		last = to
	}
	return b.String() + text[last:]
}
