package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// disk is a small file system that only the daemon sees, in a mount namespace of its own. It needs no privilege, but the
// kernel must let users make namespaces.
type disk struct {
	dir   string
	small bool
}

const diskBytes = 256 << 10

// place returns the namespaces in which Room has a disk, or the reason why there is none.
func (d *disk) place(exe string) (attr *syscall.SysProcAttr, reason string) {
	attr = func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		}
	}()
	try := exec.Command(exe, "bench", "room", d.dir, "--", "/proc/self/exe", "version")
	try.SysProcAttr = &syscall.SysProcAttr{Cloneflags: attr.Cloneflags, UidMappings: attr.UidMappings, GidMappings: attr.GidMappings}
	if out, err := try.CombinedOutput(); err != nil {
		return nil, strings.TrimSpace(fmt.Sprintf("no small file system can be mounted: %v %s", err, out))
	}
	d.small = true
	return attr, ""
}

// Room mounts a small file system on dir, and becomes the program that args begins with: the command "bench room". It
// returns only if that fails.
func Room(dir string, args []string) error {
	if len(args) == 0 {
		return errors.New("this command is for the bench command only")
	}
	// What is mounted here is not to be seen elsewhere.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot keep mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%d,mode=700", diskBytes)); err != nil {
		return fmt.Errorf("cannot mount a file system on %s: %w", dir, err)
	}
	return syscall.Exec(args[0], args, os.Environ())
}

// inside returns the path at which this process sees a file of the daemon's disk.
func (s *soak) inside(name string) string {
	dir := s.disk.dir
	if s.disk.small {
		dir = filepath.Join(fmt.Sprintf("/proc/%d/root", s.daemon.pid()), dir)
	}
	return filepath.Join(dir, name)
}

// fillDisk fills the file system under the state file for a while, and makes the daemon write there.
func (s *soak) fillDisk(ctx context.Context) error {
	if !s.disk.small {
		return nil
	}
	name := s.inside("filler")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, zeros{}, 2*diskBytes)
	f.Close()
	if !errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("the disk is not full: %w", err)
	}
	s.mu.Lock()
	s.report.DiskFull++
	s.mu.Unlock()
	s.after(s.between(400*time.Millisecond, 3*time.Second), "empty disk", func() error {
		return unless(os.Remove(name), os.ErrNotExist) // two at the same time
	})
	return s.setField(ctx, "card", "play.gain", s.rand.IntN(256))
}

// zeros is an endless file of zeros.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// saved waits until what is set reaches the state file.
func (s *soak) saved(ctx context.Context) error {
	value := 1 + s.rand.IntN(254)
	if value == s.report.savedGain {
		value++
	}
	s.report.savedGain = value
	if err := s.setField(ctx, "reset", "play.gain", value); err != nil {
		return err
	}
	want := fmt.Sprintf(`"gain": %d`, value)
	for late := time.Now().Add(soakPatience); ; {
		text, err := os.ReadFile(s.inside("state.json"))
		if err == nil && strings.Contains(string(text), want) {
			return nil
		}
		if time.Now().After(late) {
			s.failed("state file", fmt.Errorf("it has not %s after %v (read: %v)", want, soakPatience, err))
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
