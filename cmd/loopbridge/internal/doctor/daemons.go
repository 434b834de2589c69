package doctor

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// versions compares the daemon with this program.
func (l *look) versions() []Finding {
	if l.err != nil {
		return nil
	}
	p, _ := l.running()
	mine := l.Version
	switch {
	case l.about.Protocol == 0:
		return one(Warning, p.restart(), "the daemon is of an older release, which does not say its version; this program is %s", mine.Version)
	case l.about.Protocol != mine.Protocol:
		return one(Fault, p.restart(), "the daemon is %s and speaks protocol version %d; this program is %s and speaks %d, so the daemon refuses it",
			l.about.Version, l.about.Protocol, mine.Version, mine.Protocol)
	case l.about.Version != mine.Version:
		return one(Warning, p.restart(), "the daemon is %s and this program %s: use the same release of both", l.about.Version, mine.Version)
	}
	return fine("daemon and command are %s, protocol version %d", mine.Version, mine.Protocol)
}

// replaced finds daemons that run a program from before an update.
func (l *look) replaced() (found []Finding) {
	for _, p := range l.daemons {
		if program, gone := strings.CutSuffix(p.exe, " (deleted)"); gone {
			found = append(found, one(Warning, p.restart(), "pid %d still runs the %s from before an update", p.pid, program)...)
		} else if p.exe != "" {
			found = append(found, fine("pid %d runs %s as it is installed now", p.pid, p.exe)...)
		}
	}
	return found
}

// duplicates finds more than one daemon.
func (l *look) duplicates() []Finding {
	switch len(l.daemons) {
	case 0:
		return nil
	case 1:
		return fine("one daemon runs")
	}
	current, known := l.running()
	other := l.daemons[len(l.daemons)-1]
	var all []string
	for _, p := range l.daemons {
		text := fmt.Sprintf("pid %d of user %s", p.pid, l.account("etc/passwd", p.uid))
		if socket := l.socketOf(p); socket != "" {
			text += " on " + socket
		}
		if known && p.pid == current.pid {
			text += " (this one)"
		} else {
			other = p
		}
		all = append(all, text)
	}
	return one(Warning, fmt.Sprintf("kill %d    # if it is not meant to run", other.pid),
		"%d daemons run, and only one of them can have a card: %s", len(l.daemons), strings.Join(all, ", "))
}

// shown is how many names a sentence lists.
const shown = 4

// list joins names for a sentence.
func list(names []string) string {
	if n := len(names); n > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), n-shown)
	}
	return strings.Join(names, ", ")
}

// directionOf returns the sides that a device uses.
func directionOf(play, record bool) (d audio.Direction) {
	if play {
		d |= audio.Play
	}
	if record {
		d |= audio.Record
	}
	return d
}
