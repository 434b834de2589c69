package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
)

// start starts the daemon, from a program of its own that can be replaced.
func (s *soak) start(ctx context.Context, fail context.CancelCauseFunc) (err error) {
	dir, err := os.MkdirTemp("", "loopbridge-soak-")
	if err != nil {
		return err
	}
	s.daemon = &daemon{dir: dir, socket: filepath.Join(dir, "socket")}
	defer func() {
		switch {
		case err != nil && s.daemon.child != nil:
			s.daemon.close()
		case err != nil:
			os.RemoveAll(dir)
		}
	}()
	s.good = filepath.Join(dir, "loopbridge")
	s.disk.dir = filepath.Join(dir, "state")
	s.config = soakConfig{path: filepath.Join(dir, "loopbridge.toml"), state: filepath.Join(s.disk.dir, "state.json")}
	s.operator = control.New(s.daemon.socket)
	text, loops := s.config.text(nil)
	s.config.loops = loops
	err = errors.Join(s.install(), os.Mkdir(s.disk.dir, 0o700), s.config.write(text))
	if err != nil {
		return err
	}
	args := []string{"serve", "--config", s.config.path, "--socket", s.daemon.socket}
	files := childFiles{log: &s.log}
	if place, reason := s.disk.place(s.Exe); reason == "" {
		s.daemon.child, err = startChildIn(place, s.Exe, files, append([]string{"bench", "room", s.disk.dir, "--", s.good}, args...)...)
	} else {
		s.report.Skipped = append(s.report.Skipped, "full disk: "+reason)
		s.daemon.child, err = startChild(s.good, files, args...)
	}
	if err == nil {
		err = s.daemon.ready(ctx, fail)
	}
	return err
}

// install puts the right program at the daemon's path.
func (s *soak) install() error {
	next := s.good + ".new"
	_ = os.Remove(next)
	if err := os.Link(s.Exe, next); err != nil {
		if err = os.Symlink(s.Exe, next); err != nil {
			return err
		}
	}
	return os.Rename(next, s.good)
}

// upgrade upgrades the daemon.
func (s *soak) upgrade(ctx context.Context) error {
	u, err := s.operator.Upgrade(ctx, false)
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, audio.ErrBusy) { // an operator's request takes long
		s.report.UpgradesBusy++
		return nil
	}
	if err != nil {
		return err
	}
	s.handovers++
	s.report.Upgrades++
	s.away = append(s.away, u.Away)
	if u.Handovers != s.handovers {
		return fmt.Errorf("the daemon counts %d upgrades, and there were %d", u.Handovers, s.handovers)
	}
	return nil
}

// upgradeInTime upgrades, but not late in a round.
func (s *soak) upgradeInTime(ctx context.Context) error {
	if time.Now().After(s.lastUpgrade) {
		return nil
	}
	return errors.Join(s.upgrade(ctx), s.right(ctx))
}

// upgradeWrong tries to upgrade to what is no such program.
func (s *soak) upgradeWrong(ctx context.Context) error {
	text := s.some("#!/bin/sh\nexit 1\n", "#!/bin/sh\nkill -9 $$\n", "\x7fELF nonsense", "#!/nowhere\n", "")
	next := s.good + ".new"
	if err := os.WriteFile(next, []byte(text), 0o700); err != nil {
		return err
	}
	if err := os.Rename(next, s.good); err != nil {
		return err
	}
	_, err := s.operator.Upgrade(ctx, false)
	if restored := s.install(); restored != nil {
		return restored
	}
	if err == nil {
		return fmt.Errorf("a program with the text %q took over", text)
	}
	s.mu.Lock()
	s.report.UpgradesRefused++
	s.mu.Unlock()
	if errors.Is(err, audio.ErrNoDaemon) || errors.Is(err, audio.ErrReset) {
		return err
	}
	return s.right(ctx)
}

// reload lets the daemon follow another version of its file.
func (s *soak) reload(ctx context.Context) error { return s.follow(ctx, true) }

// follow reloads a version of the file: any, or the first.
func (s *soak) follow(ctx context.Context, anyone bool) error {
	r := s.rand
	if !anyone {
		r = nil
	}
	text, loops := s.config.text(r)
	if err := s.config.write(text); err != nil {
		return err
	}
	answer, err := s.operator.Reload(ctx)
	if err != nil {
		return err
	}
	s.config.loops = loops
	s.mu.Lock()
	s.report.Reloads++
	s.mu.Unlock()
	if len(answer.Failures) > 0 {
		return fmt.Errorf("failures: %q", answer.Failures)
	}
	return s.right(ctx)
}

// reloadWrong lets the daemon refuse a file.
func (s *soak) reloadWrong(ctx context.Context) error {
	right, err := os.ReadFile(s.config.path)
	if err != nil {
		return err
	}
	wrong := []string{
		string(right[:len(right)-7]) + "\n[[", string(right) + "[daemon]\n", string(right) + "[[loop]]\nname = \"plain\"\n", "\x00\xff\x7fELF",
		string(right) + "[[route]]\nname = \"x\"\nfrom = \"nothing\"\nto = \"plain\"\n",
	}
	if err := s.config.write(s.some(wrong...)); err != nil {
		return err
	}
	_, err = s.operator.Reload(ctx)
	if restored := s.config.write(string(right)); restored != nil {
		return restored
	}
	if err == nil {
		return errors.New("a wrong file was taken")
	}
	s.mu.Lock()
	s.report.ReloadsRefused++
	s.mu.Unlock()
	return errors.Join(unless(err, audio.ErrInvalid), s.right(ctx))
}

// hangUp sends the signal for a reload; nothing has changed.
func (s *soak) hangUp(context.Context) error { return s.daemon.Process.Signal(syscall.SIGHUP) }

// right reports whether the daemon has the loops that it should have.
func (s *soak) right(ctx context.Context) error {
	loops, err := s.operator.Loops(ctx)
	if err != nil {
		return err
	}
	there := namesOf(loops)
	want := append(append([]string{}, s.config.loops...), s.added...)
	for _, f := range flows() {
		want = append(want, f.reader)
	}
	want = append(want, "from")
	for _, name := range want {
		if !there[name] {
			return fmt.Errorf("the loop %s is missing", name)
		}
	}
	if len(there) != len(want) {
		return fmt.Errorf("there are %d loops, and there should be %d", len(there), len(want))
	}
	return nil
}

// stopDaemon stops the daemon for a while. It has time to catch up before the next stop.
func (s *soak) stopDaemon(context.Context) error {
	if time.Now().Before(s.stoppedUntil) {
		return nil
	}
	d := s.between(s.stall()/20, s.stall())
	s.stoppedUntil = time.Now().Add(d + 3*time.Second)
	if err := s.daemon.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	s.after(d, "continue", func() error { return s.daemon.Process.Signal(syscall.SIGCONT) })
	return nil
}

// tidy removes what operators have added, and goes back to the first version of the file.
func (s *soak) tidy(ctx context.Context) error {
	for len(s.patched) > 0 {
		if err := s.removeRoute(ctx); err != nil {
			s.failed("remove route", err)
		}
	}
	for len(s.added) > 0 {
		if err := s.removeLoop(ctx); err != nil {
			s.failed("remove loop", err)
		}
	}
	if err := s.follow(ctx, false); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	return s.saved(ctx)
}
