package doctor

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// usualConfiguration is that of the unit.
const usualConfiguration = "/etc/loopbridge/loopbridge.toml"

// configurationFile returns the file to check: the one that the user names, that of the daemon, or the unit's
// if no daemon runs. "": there is none.
func (l *look) configurationFile() string {
	if l.Config != "" {
		return l.Config
	}
	if p, known := l.running(); known {
		return l.configurationOf(p)
	}
	if l.exists(usualConfiguration) {
		return usualConfiguration
	}
	return ""
}

// configurationOf returns the configuration of a daemon, "" if it has none.
func (l *look) configurationOf(p process) string {
	file := p.flag("--config")
	if file != "" && !path.IsAbs(file) {
		file = path.Join("/", l.link(proc(p.pid, "cwd")), file)
	}
	return file
}

// configuration reports what is wrong with the configuration.
func (l *look) configuration() (found []Finding) {
	problems, wrong := errors.AsType[config.Problems](l.confErr)
	switch {
	case l.file == "" && l.err == nil:
		return fine("the daemon runs without a configuration")
	case l.file == "":
		return nil
	case errors.Is(l.confErr, fs.ErrPermission):
		return l.unread(l.file)
	case wrong:
		for _, p := range problems[:min(shown, len(problems))] {
			found = append(found, one(Fault, "loopbridge check "+console.Quote(l.file), "%v", p)...)
		}
		return found
	case l.confErr != nil:
		return one(Fault, "loopbridge check "+console.Quote(l.file), "%v", l.confErr)
	}
	return fine("%s is valid: %s, %s, %s", l.file, console.Count(len(l.conf.Devices), "device"),
		console.Count(len(l.conf.Loops), "loop"), console.Count(len(l.conf.Routes), "route"))
}

// configured reports whether the configuration is known; then devices without a card need none.
func (l *look) configured() bool { return l.file != "" && l.confErr == nil }

// wish is a card that the configuration wants.
type wish struct {
	device string
	sides  audio.Direction
	card   card.Card
	pcm    card.PCM
	err    error // it is not there
	spare  bool  // a fallback is
}

// wishes returns the ALSA cards that the configuration wants, in its order.
func (l *look) wishes() (all []wish) {
	if !l.configured() {
		return nil
	}
	for _, d := range l.conf.Devices {
		if d.Backend != config.ALSA {
			continue
		}
		sides := directionOf(d.Play, d.Record)
		if d.RecordCard.Name == "" {
			all = append(all, l.wish(d.Name, sides, append([]string{d.Card.Name}, d.Card.Fallback...)))
			continue
		}
		all = append(all, l.wish(d.Name, directionOf(true, false), append([]string{d.Card.Name}, d.Card.Fallback...)),
			l.wish(d.Name, directionOf(false, true), append([]string{d.RecordCard.Name}, d.RecordCard.Fallback...)))
	}
	return all
}

// stateFile reports whether the daemon can keep state.
func (l *look) stateFile() []Finding {
	file := l.statePath()
	if file == "" {
		if l.err != nil && !l.configured() {
			return nil
		}
		return fine("no state is kept")
	}
	text, err := l.read(file)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return l.unread("the state file " + file)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return one(Warning, "ls -l "+console.Quote(file), "the state file %s cannot be read: %v", file, err)
	case err == nil && l.StateError != nil && l.StateError([]byte(text)) != nil:
		return one(Warning, "sudo mv "+console.Quote(file)+" "+console.Quote(file+".damaged"),
			"the state file %s is damaged, so gains and ports do not survive a restart: %v", file, l.StateError([]byte(text)))
	}
	if found := l.stateFolder(path.Dir(file)); found != nil {
		return found
	}
	if err != nil {
		return fine("the state file %s is not there yet, and can be made", file)
	}
	return fine("the state file %s is valid", file)
}

// stateFolder reports why no file can be written in a folder.
func (l *look) stateFolder(dir string) []Finding {
	for !l.exists(dir) && dir != "/" { // the daemon makes it
		dir = path.Dir(dir)
	}
	p, known := l.running()
	mine := known && p.uid == l.uid(0) || !known && (l.uid(0) == 0 || !l.ofSystem())
	if mine && l.Access != nil && l.Access(dir, writable) != nil {
		return one(Warning, "sudo chown "+l.account("etc/passwd", l.uid(0))+" "+console.Quote(dir),
			"the state of devices cannot be saved: %s cannot be written", dir)
	}
	if l.Free != nil {
		if free, err := l.Free(dir); err == nil && free < leastFree {
			return one(Warning, "df -h "+console.Quote(dir), "the state of devices cannot be saved: the file system of %s is full", dir)
		}
	}
	return nil
}

// leastFree is how much room the state file needs, in bytes: it is written beside itself.
const leastFree = 64 << 10

// statePath returns the state file, "" if there is none.
func (l *look) statePath() string {
	named := l.conf.Daemon.State
	switch {
	case l.StateFile == nil || named == config.NoState:
		return ""
	case named == "" && l.ofSystem():
		return "/var/lib/loopbridge/state.json"
	}
	return l.StateFile(named)
}

// ofSystem reports whether the daemon is that of the system, not of a user.
func (l *look) ofSystem() bool {
	if p, known := l.running(); known {
		is, user := p.unit()
		return is && !user
	}
	return strings.HasPrefix(l.Socket, "/run/loopbridge/")
}

// wish looks for the first of some cards that is there.
func (l *look) wish(device string, sides audio.Direction, names []string) wish {
	w := wish{device: device, sides: sides}
	for i, name := range names {
		id, err := card.ParseIdentity(name)
		if err == nil {
			w.card, w.pcm, err = id.Pick(l.cards, sides)
		}
		if err == nil {
			w.spare = i > 0
			return w
		}
		if i == 0 {
			w.err = err
		}
	}
	return w
}

// wanted returns the device that wants a direction of a PCM, "" if none does.
func (l *look) wanted(number, pcm int, d audio.Direction) string {
	all := l.wishes()
	i := slices.IndexFunc(all, func(w wish) bool {
		return (w.err == nil || w.spare) && w.card.Number == number && w.pcm.Device == pcm && w.sides&d != 0
	})
	if i < 0 {
		return ""
	}
	return all[i].device
}
