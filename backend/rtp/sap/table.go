package sap

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// Heard is a stream that somebody announces.
type Heard struct {
	sdp.Description            // never has keys
	Text            []byte     // the SDP; not to be changed
	From            netip.Addr // where the announcements come from
	Since           time.Time  // when it was first heard
	Last            time.Time  // when it was last heard
}

const (
	maxHeard   = 512 // streams in the table
	maxOfOne   = 128 // of them, from one address
	shortest   = 5 * time.Minute
	longest    = time.Hour
	patience   = 10               // intervals without an announcement
	unlikely   = 5 * time.Second  // repetitions that come faster say nothing about the interval
	sweepEvery = 30 * time.Second // how often what is old is looked for
)

// key is who announces what: RFC 2974 part 6 has the source and the hash, RFC 8866 the origin, which stays the same
// when the description changes.
type key struct {
	from netip.Addr
	session.Origin
}

// entry is a stream in the table.
type entry struct {
	Heard
	hash     uint16
	interval time.Duration // between announcements; 0: not known
}

// table is what is announced. It is not safe for several goroutines.
type table struct {
	entries map[key]*entry
	refused uint64 // announcements that did not fit, or say nothing that can be played
}

// take takes a packet from an address, and reports whether the table has changed.
func (t *table) take(p *packet, from netip.Addr, now time.Time) (changed bool) {
	if k, e := t.known(p, from); e != nil {
		if p.deletes {
			delete(t.entries, k)
			return true
		}
		if bytes.Equal(e.Text, p.text) {
			e.heard(now)
			return false
		}
	}
	if p.deletes {
		return t.drop(p.text, from)
	}
	d, err := sdp.ParseAnnounced(p.text)
	if err != nil {
		t.refused++
		return false
	}
	k := key{from, d.Origin}
	k.Version = 0
	e := t.entries[k]
	if e == nil && !t.room(from) {
		t.refused++
		return false
	}
	if e == nil {
		e = &entry{Heard: Heard{From: from, Since: now, Last: now}}
		t.entries[k] = e
	} else {
		e.heard(now)
	}
	e.Description, e.Text, e.hash = d, slices.Clone(p.text), p.hash
	return true
}

// known returns the entry that a packet is about, by its source and hash.
func (t *table) known(p *packet, from netip.Addr) (key, *entry) {
	if p.hash == 0 {
		return key{}, nil
	}
	for k, e := range t.entries {
		if k.from == from && e.hash == p.hash {
			return k, e
		}
	}
	return key{}, nil
}

// drop removes the stream that a deletion names by its line o=. Only who has announced it can.
func (t *table) drop(text []byte, from netip.Addr) (changed bool) {
	origin := lineOf(text)
	for k, e := range t.entries {
		if k.from == from && origin != "" && lineOf(e.Text) == origin {
			delete(t.entries, k)
			return true
		}
	}
	return false
}

// lineOf returns the line o= of a description.
func lineOf(text []byte) string {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("o=")) {
			return strings.TrimSpace(string(line))
		}
	}
	return ""
}

// room reports whether a stream from an address can be added.
func (t *table) room(from netip.Addr) bool {
	n := 0
	for k := range t.entries {
		if k.from == from {
			n++
		}
	}
	return len(t.entries) < maxHeard && n < maxOfOne
}

// heard notes that the stream was announced again.
func (e *entry) heard(now time.Time) {
	if d := now.Sub(e.Last); d >= unlikely {
		e.interval = d
	}
	e.Last = now
}

// sweep forgets what was not announced for too long, and reports whether there was something.
func (t *table) sweep(now time.Time) (changed bool) {
	for k, e := range t.entries {
		limit := longest
		if e.interval > 0 {
			limit = min(max(patience*e.interval, shortest), longest)
		}
		if now.Sub(e.Last) >= limit {
			delete(t.entries, k)
			changed = true
		}
	}
	return changed
}

// list returns all streams, by name and text. One that comes from two addresses, as two paths do, is there once.
func (t *table) list() []Heard {
	all := make([]Heard, 0, len(t.entries))
	for _, e := range t.entries {
		all = append(all, e.Heard)
	}
	slices.SortFunc(all, func(x, y Heard) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), bytes.Compare(x.Text, y.Text), x.Since.Compare(y.Since))
	})
	return slices.CompactFunc(all, func(x, y Heard) bool { return bytes.Equal(x.Text, y.Text) })
}
