package doctor

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// look is a Machine with what several checks want to know of it. Checks do not change it.
type look struct {
	Machine
	ctx context.Context // of one check

	daemons []process // that run
	cards   []card.Card

	condition

	file    string // configuration; "": there is none
	conf    config.Config
	confErr error
}

// newLook gathers what several checks want to know.
func newLook(ctx context.Context, m Machine) *look {
	l := &look{Machine: m}
	l.daemons, _ = within(ctx, func(context.Context) []process { return l.findDaemons() })
	l.cards, _ = within(ctx, func(context.Context) []card.Card {
		cards, _ := card.Finder{Root: m.Root}.Cards()
		return cards
	})
	l.condition = condition{err: audio.ErrTimedOut.With("the daemon on %s does not answer", m.Socket)}
	if asked, ended := within(ctx, m.ask); ended {
		l.condition = asked
	}
	if l.file = l.configurationFile(); l.file != "" && m.Load != nil {
		l.confErr = errors.New(l.file + " cannot be read: it is a pipe, or on a file system that hangs")
		type loaded struct {
			conf config.Config
			err  error
		}
		if got, ended := within(ctx, func(context.Context) loaded {
			conf, err := m.Load(l.file)
			return loaded{conf, err}
		}); ended {
			l.conf, l.confErr = got.conf, got.err
		}
	}
	return l
}

// condition is what the daemon says about itself.
type condition struct {
	err     error // of the first question that failed; then the rest is empty
	about   api.Version
	devices []api.State
	loops   []api.Loop
	routes  []api.Route
}

// ask asks the daemon.
func (m Machine) ask(ctx context.Context) (c condition) {
	c.about, c.err = m.Daemon.Version(ctx)
	if errors.Is(c.err, audio.ErrNoDevice) { // a release that does not say
		c.err = nil
	}
	if c.err == nil {
		c.devices, c.err = m.Daemon.Devices(ctx)
	}
	if c.err == nil {
		c.loops, c.err = m.Daemon.Loops(ctx)
	}
	if c.err == nil {
		c.routes, c.err = m.Daemon.Routes(ctx)
	}
	return c
}

// most is how much of a file is read.
const most = 1 << 20

// read returns the text of a file below the root.
func (l *look) read(name string) (string, error) {
	f, err := l.Root.Open(strings.TrimPrefix(name, "/"))
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most))
	return string(text), err
}

// text returns the text of a small file without the spaces around it, "" if it cannot be read.
func (l *look) text(name string) string {
	text, _ := l.read(name)
	return strings.TrimSpace(text)
}

// exists reports whether there is a file, or one that this user may not look at.
func (l *look) exists(name string) bool {
	_, err := fs.Stat(l.Root, strings.TrimPrefix(name, "/"))
	return err == nil || errors.Is(err, fs.ErrPermission)
}

// first returns the first of some files that exists, "" if none does.
func (l *look) first(names ...string) string {
	for _, name := range names {
		if l.exists(name) {
			return name
		}
	}
	return ""
}

// link returns the target of a symbolic link, "" if it is none.
func (l *look) link(name string) string {
	target, _ := fs.ReadLink(l.Root, name)
	return target
}

// glob returns the files below the root that match, by name.
func (l *look) glob(pattern string) []string {
	names, _ := fs.Glob(l.Root, strings.TrimPrefix(pattern, "/"))
	return names
}

// owner returns the ids of a file, false if they are unknown.
func (l *look) owner(name string) (uid, gid int, ok bool) {
	info, err := fs.Stat(l.Root, strings.TrimPrefix(name, "/"))
	if err != nil {
		return 0, 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(s.Uid), int(s.Gid), true
}

// field returns what follows "KEY:" in a file of such lines.
func field(text, key string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// proc returns the path of a file of a process; 0 is this one.
func proc(pid int, name string) string {
	if pid == 0 {
		return path.Join("proc/self", name)
	}
	return path.Join("proc", strconv.Itoa(pid), name)
}
