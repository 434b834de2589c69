package sdp

import (
	"sort"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/audio"
)

// maxText is the longest description that is read, in bytes: twice what fits into a packet.
const maxText = 128 << 10

// document is the text of a description, whose lines are numbered for messages.
type document struct {
	lines []string
	media []int // the lines that begin a media section
}

// read splits a text and checks its syntax. search: it looks for the line that is wrong.
func read(text []byte, search bool) (document, sdp.SessionDescription, error) {
	var d document
	var s sdp.SessionDescription
	if len(text) > maxText {
		return d, s, audio.ErrInvalid.With("the description has more than %d bytes", maxText)
	}
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		d.lines = append(d.lines, strings.TrimRight(line, "\r\n \t"))
	}
	if len(d.lines) > 0 && d.lines[0] == "SDP:" { // what FFmpeg prints before it
		d.lines[0] = ""
	}
	for i, line := range d.lines {
		switch {
		case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' }):
			return d, s, d.wrong(i, "has a control character")
		case line != "" && (len(line) < 2 || line[1] != '='):
			return d, s, d.wrong(i, `is no line of SDP, which has a letter and "="`)
		case strings.HasPrefix(line, "m="):
			d.media = append(d.media, i)
		}
	}
	if !strings.HasPrefix(d.head(len(d.lines)), "v=0\r\n") {
		return d, s, audio.ErrInvalid.With("line 1: this is no description of a stream (SDP), which begins with v=0")
	}
	if err := s.UnmarshalString(d.head(len(d.lines))); err != nil && !search {
		return d, s, audio.ErrInvalid.With("it is no description of a stream (SDP): %v", err)
	} else if err != nil {
		return d, s, d.wrong(d.first(), "is wrong, or in the wrong place")
	}
	return d, s, nil
}

// head returns the first n lines without the empty ones.
func (d *document) head(n int) string {
	var b strings.Builder
	for _, line := range d.lines[:n] {
		if line != "" {
			b.WriteString(line + "\r\n")
		}
	}
	return b.String()
}

// first returns the first line that is no SDP after those before it.
func (d *document) first() int {
	return min(sort.Search(len(d.lines), func(i int) bool {
		var s sdp.SessionDescription
		return s.UnmarshalString(d.head(i+1)) != nil
	}), len(d.lines)-1)
}

// wrong returns an error about a line, counted from 0.
func (d *document) wrong(line int, reason string) error {
	const most = 60 // characters
	text := []rune(d.lines[line])
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return audio.ErrInvalid.With("line %d, %s: %s", line+1, strconv.QuoteToGraphic(string(text)), reason)
}

// section returns the lines of a media section, or those of the session for -1.
func (d *document) section(media int) (from, to int) {
	to = len(d.lines)
	if media+1 < len(d.media) {
		to = d.media[media+1]
	}
	if media >= 0 {
		from = d.media[media]
	}
	return from, to
}

// find returns the line of a section that begins with a text, or the section's first line.
func (d *document) find(media int, begin string) int {
	from, to := d.section(media)
	for i := from; i < to; i++ {
		if strings.HasPrefix(d.lines[i], begin) {
			return i
		}
	}
	return from
}
