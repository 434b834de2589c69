package record

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Pattern is a Spec.Path of one recorder.
type Pattern struct {
	folder string
	parts  []string // of the last element: texts, and the words "{time}" and "{n}"
	ext    string
}

// stamp is {time}, in UTC.
const stamp = "20060102T150405Z"

// ParsePattern understands a Spec.Path. ErrInvalid says what is wrong with it.
func ParsePattern(path, name string) (Pattern, error) {
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) || strings.HasSuffix(path, "/") {
		return Pattern{}, audio.ErrInvalid.With("%q is not the path of files; use an absolute one, such as /var/rec/{name}-{time}.flac", path)
	}
	path = filepath.Clean(strings.ReplaceAll(path, "{name}", name))
	p := Pattern{folder: filepath.Dir(path), ext: filepath.Ext(path)}
	if strings.ContainsAny(p.folder, "{}") {
		return Pattern{}, audio.ErrInvalid.With("%q: a folder can have {name} only, and no other braces", path)
	}
	rest, varies := strings.TrimSuffix(filepath.Base(path), p.ext), false
	if strings.ContainsAny(p.ext, "{}") {
		rest, p.ext = filepath.Base(path), ""
	}
	for rest != "" {
		at := strings.IndexAny(rest, "{}")
		if at < 0 {
			p.parts = append(p.parts, rest)
			break
		}
		text, word := rest[:at], ""
		for _, known := range []string{"{time}", "{n}"} {
			if strings.HasPrefix(rest[at:], known) {
				word = known
			}
		}
		if word == "" {
			return Pattern{}, audio.ErrInvalid.With("%q: braces are for {name}, {time} and {n} alone", path)
		}
		if text != "" {
			p.parts = append(p.parts, text)
		}
		p.parts, rest, varies = append(p.parts, word), rest[at+len(word):], true
	}
	if !varies {
		return Pattern{}, audio.ErrInvalid.With("%q has neither {time} nor {n}, so all segments had one name", path)
	}
	return p, nil
}

// Folder returns the folder of the segments.
func (p *Pattern) Folder() string { return p.folder }

// base returns the name of a segment without its folder. try counts names that were taken, from 1.
func (p *Pattern) base(at time.Time, n uint64, try int) string {
	var b strings.Builder
	for _, part := range p.parts {
		switch part {
		case "{time}":
			b.WriteString(at.UTC().Format(stamp))
		case "{n}":
			fmt.Fprintf(&b, "%06d", n)
		default:
			b.WriteString(part)
		}
	}
	if try > 1 {
		fmt.Fprintf(&b, "_%d", try) // sorts behind the dot
	}
	return b.String() + p.ext
}

// matches reports whether a name can be one of base.
func (p *Pattern) matches(name string) bool {
	name, found := strings.CutSuffix(name, p.ext)
	if !found || strings.ContainsRune(name, '/') {
		return false
	}
	for _, part := range p.parts {
		size := len(part)
		if part == "{time}" {
			size = len(stamp)
		} else if part == "{n}" {
			size = 6
			for size < len(name) && isDigit(name[size]) {
				size++
			}
		}
		if len(name) < size {
			return false
		}
		if text := name[:size]; part != "{time}" && part != "{n}" && text != part || part == "{n}" && !digits(text) || part == "{time}" && !isStamp(text) {
			return false
		}
		name = name[size:]
	}
	again, found := strings.CutPrefix(name, "_")
	return name == "" || found && digits(again)
}

func isStamp(s string) bool {
	return digits(s[:8]) && s[8] == 'T' && digits(s[9:15]) && s[15] == 'Z'
}

func digits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
