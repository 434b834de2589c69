package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	unpacking = ".unpacking-" // begins the names of directories that are being filled

	// updateStamp has the time of the last try to fetch the package lists, and holds why it failed.
	updateStamp = "apt-updated"

	listsAge = 24 * time.Hour // older lists are fetched again
	tryAge   = time.Hour      // so long nobody tries again what has failed
	keepAge  = 7 * 24 * time.Hour
)

// update fetches the package lists if they are too old, or if it must. A failure is remembered,
// so that each of a hundred processes without a network does not wait for one.
func (s store) update(ctx context.Context, must bool) error {
	file := filepath.Join(s.dir, updateStamp)
	var tried time.Time
	if info, err := os.Stat(file); err == nil {
		tried = info.ModTime()
	}
	failed, _ := os.ReadFile(file)
	updated := s.apt.Updated()
	switch {
	case !must && s.within(updated, listsAge) && updated.After(tried):
		return nil // somebody else has
	case len(failed) > 0 && s.within(tried, tryAge):
		return errors.New(string(failed))
	case len(failed) == 0 && s.within(tried, listsAge) && (!must || s.within(tried, tryAge)):
		return nil
	}
	err := s.apt.Update(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var text string
	if err != nil {
		text = "apt-get update: " + oneLine(err)
		err = errors.New(text)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	now := s.now()
	return errors.Join(err, os.Chtimes(file, now, now))
}

// within reports whether a time is no longer ago than that. One of the future is not.
func (s store) within(t time.Time, age time.Duration) bool {
	since := s.now().Sub(t)
	return since >= -time.Minute && since <= age
}

// cached are the complete kernels that are here, the newest last.
func (s store) cached() (all []Kernel) {
	dirs, _ := filepath.Glob(filepath.Join(s.dir, "linux-image-*"))
	for _, dir := range dirs {
		if k, ok := kernelIn(dir); ok && k.complete() {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b Kernel) int { return compareVersions(a.Version, b.Version) })
	return all
}

// tidy removes what nobody has named and nobody has used for a week, and says what is left
// beside the kernel that is in use now.
func (s store) tidy(inUse Kernel) {
	now := s.now()
	_ = os.Chtimes(filepath.Join(inUse.Dir, contents), now, now) // its last use
	var left []string
	dirs, _ := filepath.Glob(filepath.Join(s.dir, "linux-image-*"))
	for _, dir := range dirs {
		k, known := kernelIn(dir)
		_, err := os.Stat(filepath.Join(dir, chosen))
		named := err == nil
		switch info, err := os.Stat(filepath.Join(dir, contents)); {
		case dir == inUse.Dir:
		case named && known:
			left = append(left, k.String()+" (named once)")
		case err == nil && s.within(info.ModTime(), keepAge):
			left = append(left, filepath.Base(dir))
		default:
			if err := os.RemoveAll(dir); err != nil {
				s.say(fmt.Sprintf("an old kernel cannot be removed: %v", err))
			}
		}
	}
	// Who filled these was killed: it has no lock any more.
	cut, _ := filepath.Glob(filepath.Join(s.dir, unpacking+"*"))
	for _, dir := range cut {
		if info, err := os.Stat(dir); err == nil && !s.within(info.ModTime(), listsAge) {
			os.RemoveAll(dir)
		}
	}
	if len(left) > 0 {
		s.say(fmt.Sprintf("kept in %s, too: %s", s.dir, strings.Join(left, ", ")))
	}
}
