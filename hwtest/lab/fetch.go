package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// KernelVariable names the kernel in the environment of tests, as FetchKernel wants it.
const KernelVariable = "LOOPBRIDGE_HWTEST_KERNEL"

// FetchKernel returns a kernel, from the user's cache directory or from Debian; it installs
// nothing. Several processes may do so at once. The choice is
//
//	""                             the newest of the package lists, which are fetched first if they are a day old
//	"linux-image-6.1.0-48-amd64"   a package; with "=6.1.172-1" a version of it
//	"/path/linux-image-….deb"      a file
//
// say gets a sentence about what could not be done as it should, and what is kept.
func FetchKernel(ctx context.Context, choice string, say func(string)) (Kernel, error) {
	s, err := userStore(say)
	if err != nil {
		return Kernel{}, err
	}
	return s.fetch(ctx, choice)
}

// store is the cache, and what fills it.
type store struct {
	dir string
	apt archives
	now func() time.Time
	say func(string)
}

// fetch has the store for itself: who comes second finds what the first has fetched.
func (s store) fetch(ctx context.Context, choice string) (Kernel, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return Kernel{}, err
	}
	unlock, err := lock(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return Kernel{}, err
	}
	defer unlock()
	var k Kernel
	switch {
	case choice == "":
		k, err = s.newest(ctx)
	case strings.HasSuffix(choice, ".deb") || strings.Contains(choice, "/"):
		k, err = s.fromFile(ctx, choice)
	default:
		k, err = s.named(ctx, choice)
	}
	if err != nil {
		return Kernel{}, err
	}
	if choice != "" {
		if err := os.WriteFile(filepath.Join(k.Dir, chosen), nil, 0o644); err != nil {
			return Kernel{}, err
		}
	}
	s.tidy(k)
	return k, nil
}

// newest looks for the newest kernel, as far as this machine can know it.
func (s store) newest(ctx context.Context) (Kernel, error) {
	updateErr := s.update(ctx, false)
	k, err := s.candidate(ctx)
	if err != nil && updateErr == nil && ctx.Err() == nil {
		// The lists are empty, or name what the mirror has no more.
		if updateErr = s.update(ctx, true); updateErr == nil {
			k, err = s.candidate(ctx)
		}
	}
	if updateErr == nil && err == nil {
		return k, nil
	}
	// The lists may be older than what is here.
	why := errors.Join(updateErr, err)
	for _, have := range s.cached() {
		if err != nil || compareVersions(have.Version, k.Version) > 0 {
			k, err = have, nil
		}
	}
	if err != nil {
		return Kernel{}, why
	}
	s.say(fmt.Sprintf("there may be a newer kernel than %v: %s", k, oneLine(why)))
	return k, nil
}

// candidate is what the lists have.
func (s store) candidate(ctx context.Context) (Kernel, error) {
	pkg, err := s.apt.Newest(ctx)
	if err != nil {
		return Kernel{}, err
	}
	version, err := s.apt.Version(ctx, pkg)
	if err != nil {
		return Kernel{}, err
	}
	return s.get(ctx, pkg, version)
}

// named is a package that was chosen. What is here is taken without asking anybody.
func (s store) named(ctx context.Context, choice string) (Kernel, error) {
	pkg, version, _ := strings.Cut(choice, "=")
	if !strings.HasPrefix(pkg, "linux-image-") {
		return Kernel{}, fmt.Errorf("the kernel %q is neither a package linux-image-... nor the path of such a file", choice)
	}
	var best Kernel
	for _, k := range s.cached() {
		if k.Package == pkg && (version == "" || k.Version == version) && (best.Dir == "" || compareVersions(k.Version, best.Version) > 0) {
			best = k
		}
	}
	if best.Dir != "" {
		return best, nil
	}
	updateErr := s.update(ctx, false)
	var err error
	if version == "" {
		version, err = s.apt.Version(ctx, pkg)
	}
	if err == nil {
		best, err = s.get(ctx, pkg, version)
	}
	if err != nil {
		return Kernel{}, errors.Join(updateErr, err)
	}
	return best, nil
}

// fromFile is a package's file.
func (s store) fromFile(ctx context.Context, file string) (Kernel, error) {
	pkg, version, err := s.apt.About(ctx, file)
	if err != nil {
		return Kernel{}, err
	}
	return s.place(pkg, version, func(temp string) error {
		return s.apt.Unpack(ctx, file, temp)
	})
}

// get downloads a version of a package, if it is not here.
func (s store) get(ctx context.Context, pkg, version string) (Kernel, error) {
	return s.place(pkg, version, func(temp string) error {
		file, err := s.apt.Download(ctx, pkg, version, filepath.Dir(temp))
		if err != nil {
			return err
		}
		return s.apt.Unpack(ctx, file, temp)
	})
}

// place has a kernel filled that is not here.
func (s store) place(pkg, version string, fill func(dir string) error) (Kernel, error) {
	k := Kernel{filepath.Join(s.dir, kernelDir(pkg, version)), pkg, version}
	if k.complete() {
		return k, nil
	}
	if err := s.fill(k.Dir, fill); err != nil {
		return Kernel{}, err
	}
	return k, nil
}

// fill has a directory filled. It gets to its place whole, by a rename.
func (s store) fill(place string, fill func(dir string) error) error {
	temp, err := os.MkdirTemp(s.dir, unpacking)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	dir := filepath.Join(temp, "whole")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := fill(dir); err != nil {
		return err
	}
	if err := os.RemoveAll(place); err != nil { // it was cut off, or changed
		return err
	}
	return os.Rename(dir, place)
}

// lock waits until no other process has the file, and returns what gives it back.
func lock(ctx context.Context, file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", file, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("another process fetches a kernel (%s): %w", file, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func oneLine(err error) string { return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ") }
