package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// textLocked returns the line for the present width.
func (g *progress) textLocked() string {
	if g.seen.state == "" {
		return ""
	}
	head := g.loop + ": " + g.seen.state
	if !g.seen.open || g.seen.moved == 0 && !g.seen.past {
		return fit(g.width(), head)
	}
	head += " " + clock(g.f, g.seen.moved)
	if g.total >= 0 {
		head += " of " + clock(g.f, g.total)
	}
	xruns := fmt.Sprintf("  xruns %d", g.seen.xruns)
	if g.seen.past {
		return fit(g.width(), head, xruns)
	}
	return fit(g.width(), head, fmt.Sprintf("  %10s", decibels(g.peak)), xruns, "  "+bar(g.peak))
}

// stateOf says what an open end is doing.
func stateOf(p *pcm.PCM, verb string) string {
	peer := "a client"
	if p.Role() == pcm.Client {
		peer = "the server"
	}
	switch p.State() {
	case ring.Idle:
		if p.Direction() == pcm.Write && p.Role() == pcm.Client {
			return "waiting for sound"
		}
		return "waiting for " + peer
	case ring.Armed:
		return "waiting for " + peer
	case ring.Running:
		return verb
	}
	return "ended"
}

// fit joins as many parts as fit into columns.
func fit(columns int, parts ...string) string {
	columns = max(0, columns-1) // the last column may wrap
	line := ""
	for i, part := range parts {
		if i > 0 && len(line)+len(part) > columns {
			break
		}
		line += part
	}
	return line[:min(len(line), columns)]
}

// clock formats the duration of frames as 1:23.4 or 1:02:03.4.
func clock(f audio.Format, frames int64) string {
	tenths := int64(f.Duration(frames) / (100 * time.Millisecond))
	seconds, minutes := tenths/10%60, tenths/600
	if minutes < 60 {
		return fmt.Sprintf("%d:%02d.%d", minutes, seconds, tenths%10)
	}
	return fmt.Sprintf("%d:%02d:%02d.%d", minutes/60, minutes%60, seconds, tenths%10)
}

// decibels formats a peak in dBFS.
func decibels(peak float64) string {
	if peak <= 0 {
		return "-inf dBFS"
	}
	return fmt.Sprintf("%.1f dBFS", math.Round(200*math.Log10(peak))/10+0) // +0: no "-0.0"
}

// bar shows a peak with one mark for each 3 dB, from -60 dB to full scale.
func bar(peak float64) string {
	const marks, floor = 20, -60.0
	db := floor
	if peak > 0 {
		db = max(floor, min(0, 20*math.Log10(peak)))
	}
	n := int(math.Round((db - floor) / -floor * marks))
	return "[" + strings.Repeat("=", n) + strings.Repeat(" ", marks-n) + "]"
}
