package doctor

import (
	"path"
	"slices"
)

// Modes of access(2).
const (
	readable = 4
	writable = 2
)

// foreign reports whether a daemon of another user has the cards: then this user needs no permission on them.
func (l *look) foreign() bool {
	p, known := l.running()
	return l.err == nil && (!known || p.uid != l.uid(0))
}

// nodes reports whether this user may open sound cards.
func (l *look) nodes() []Finding {
	if len(l.cards) == 0 {
		return nil
	}
	all := slices.Concat(l.glob("dev/snd/controlC*"), l.glob("dev/snd/pcmC*"))
	level := Warning
	if len(l.wishes()) > 0 {
		level = Fault
	}
	if l.foreign() {
		level = Note
	}
	if len(all) == 0 {
		return one(level, "podman run --device /dev/snd IMAGE    # or the same for docker",
			"the kernel has %d sound cards, and /dev/snd has none of them: this container was not given them", len(l.cards))
	}
	if l.Access == nil {
		return nil
	}
	for _, name := range all {
		if l.Access("/"+name, readable|writable) == nil {
			continue
		}
		if l.foreign() {
			return fine("the daemon of another user has the cards, so programs need no permission on /dev/snd")
		}
		return one(level, l.join(l.groupOf(name)), "this user may not open /%s, so a daemon of this user has no card", name)
	}
	return fine("this user may open all of /dev/snd")
}

// groupOf returns the name of the group of a file.
func (l *look) groupOf(name string) string {
	if _, gid, known := l.owner(name); known && gid != 0 {
		return l.account("etc/group", gid)
	}
	return "audio"
}

// group reports a membership that this login does not have yet.
func (l *look) group() []Finding {
	user := l.account("etc/passwd", l.uid(0))
	if l.uid(0) == 0 {
		return fine("root needs no group")
	}
	groups := []string{"audio"}
	if l.exists(path.Dir(l.Socket)) {
		if of := l.groupOf(l.Socket); of != "audio" {
			groups = append(groups, of)
		}
	}
	mine := l.groups()
	for _, name := range groups {
		gid, listed := l.member(name, user)
		switch {
		case listed && !slices.Contains(mine, gid):
			return one(Warning, l.join(name), "%s has joined group %s, and not logged in since", user, name)
		case slices.Contains(mine, gid):
			return fine("%s is in group %s", user, name)
		}
	}
	if l.err == nil {
		return fine("%s is in no group for sound, and reaches the daemon without one", user)
	}
	return one(Note, l.join("audio"), "%s is not in group audio, which may use sound cards and the daemon of the system", user)
}
