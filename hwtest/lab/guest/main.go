// Command guest is the first process of the laboratory's virtual machine. It inserts the
// drivers, puts the host's files where the program expects them, runs the program and
// switches the machine off:
//
//	/           the host's root, read-only, over 9p
//	/dev /proc /sys   the guest's own
//	/tmp /run /var/tmp /dev/shm   in memory
//	/run/lab    a directory that the host reads and writes too
//
// Where the plan wants a system it becomes that instead, and is in it the service that runs the program.
//
// Package lab builds and boots it; it is of no use elsewhere.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

const (
	root  = "/root"  // where the host's root is, until the program is locked into it
	plain = "/plain" // the same without what the guest puts over it
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == asService {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "guest:", err)
			os.Exit(1)
		}
		return
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "guest: this is the first process of a virtual machine, and nothing else")
		os.Exit(2)
	}
	if err := live(); err != nil {
		note("guest: %v", err)
	}
	synced := make(chan struct{})
	go func() {
		defer close(synced)
		unix.Sync()
	}()
	select {
	case <-synced:
	case <-time.After(10 * time.Second): // the host's files are out of reach, as after a suspend
	}
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	note("guest: power off: %v", err)
	select {}
}

// live is everything between the boot and the power-off.
func live() error {
	for _, m := range [...]struct{ kind, at string }{{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}} {
		if err := mount(m.kind, m.kind, m.at, 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
			return err
		}
	}
	text, err := os.ReadFile(plan.File)
	if err != nil {
		return err
	}
	var p plan.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("%s: %w", plan.File, err)
	}
	failed := insert(p.Modules)
	host, err := port(plan.Init, os.O_WRONLY)
	if err != nil {
		return errors.Join(failed, err)
	}
	defer host.Close()
	if p.System && failed == nil {
		fmt.Fprintln(host, plan.Starting)
		failed = system(p) // returns only then
	}
	status := -1
	if failed == nil {
		failed = arrange(p.Dir)
	}
	if failed == nil {
		failed = provide(p)
	}
	if failed == nil {
		status, failed = run(p, root, func() { fmt.Fprintln(host, plan.Running) })
	}
	if failed != nil {
		fmt.Fprintf(host, "%s %s\n", plan.Failed, strings.ReplaceAll(failed.Error(), "\n", "; "))
		return failed
	}
	_, err = fmt.Fprintln(host, plan.Exit, status)
	return err
}

// note writes to the console, which the host shows if the guest does not get to the end.
func note(format string, args ...any) {
	if f, err := os.OpenFile("/dev/console", os.O_WRONLY, 0); err == nil {
		fmt.Fprintf(f, format+"\n", args...)
		f.Close()
	}
}

// insert loads every driver that it can, so that the host hears of one that is missing.
func insert(modules []plan.Module) error {
	var all []error
	for _, m := range modules {
		image, err := os.ReadFile(m.File)
		if err == nil {
			err = unix.InitModule(image, m.Options)
		}
		if err != nil && !errors.Is(err, unix.EEXIST) {
			all = append(all, fmt.Errorf("driver %s %s: %w", filepath.Base(m.File), m.Options, err))
		}
	}
	return errors.Join(all...)
}

// port opens the serial port of a name. It turns up a moment after its driver.
func port(name string, flags int) (*os.File, error) {
	for range 2000 {
		found, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, file := range found {
			text, err := os.ReadFile(file)
			if err != nil || strings.TrimSpace(string(text)) != name {
				continue
			}
			device := "/dev/" + filepath.Base(filepath.Dir(file))
			if f, err := os.OpenFile(device, flags, 0); err == nil {
				return f, nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, fmt.Errorf("the port %s to the host did not turn up", name)
}

const over9p = "trans=virtio,version=9p2000.L,msize=262144"

// arrange puts the files of host and guest together.
func arrange(dir string) error {
	var all []error
	try := func(source, kind, at string, flags uintptr, options string) {
		at = root + at
		if flags&unix.MS_BIND == 0 && kind == "tmpfs" {
			if _, err := os.Stat(at); err != nil {
				return // the host has no such directory, so nothing misses it
			}
		}
		all = append(all, mount(source, kind, at, flags, options))
	}
	try(plan.RootTag, "9p", "", unix.MS_RDONLY, over9p+",cache=loose")
	all = append(all, mount(root, "", plain, unix.MS_BIND, ""))
	for _, at := range []string{"/dev", "/proc", "/sys"} {
		try(at, "", at, unix.MS_BIND, "")
	}
	os.MkdirAll(root+"/dev/shm", 0o777)
	for _, at := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
		try("tmpfs", "tmpfs", at, 0, "mode=1777")
		// A working directory there is the host's all the same, with all around it.
		if inside, ok := strings.CutPrefix(dir, at+"/"); ok {
			top, _, _ := strings.Cut(inside, "/")
			top = at + "/" + top
			all = append(all, os.Mkdir(root+top, 0o755), mount(plain+top, "", root+top, unix.MS_BIND, ""))
		}
	}
	try("tmpfs", "tmpfs", "/run", 0, "mode=755")
	if err := os.MkdirAll(root+plan.Share, 0o755); err != nil {
		all = append(all, err)
	}
	// Not cached: the host's emulated cards write their recordings there.
	try(plan.ShareTag, "9p", plan.Share, 0, over9p+",cache=none")
	return errors.Join(all...)
}

// provide copies the program's files into memory and waits for the cards: those on a bus
// turn up a moment after their driver.
func provide(p plan.Plan) error {
	if err := copyFiles(p.Files, plan.Home); err != nil {
		return err
	}
	for _, id := range p.Cards {
		if !appears("/proc/asound/" + id) {
			return fmt.Errorf("the card %s did not turn up", id)
		}
	}
	return nil
}

// copyFiles copies files of the share into the memory of the guest.
func copyFiles(names []string, home string) error {
	for _, name := range names {
		from := filepath.Join(root, plan.Share, name)
		info, err := os.Stat(from)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, home, name), text, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// appears waits for a file.
func appears(path string) bool {
	for range 2000 {
		if _, err := os.Stat(path); err == nil {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func mount(source, kind, at string, flags uintptr, options string) error {
	if err := unix.Mount(source, at, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s at %s: %w", source, at, err)
	}
	return nil
}

// run runs the program below a root, with its output going to the host as it comes, and returns its
// exit status: 128 and the number of the signal that killed it.
func run(p plan.Plan, root string, started func()) (int, error) {
	out, err := port(plan.Output, os.O_WRONLY)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	if len(p.Program) == 0 {
		return 0, errors.New("the plan names no program")
	}
	cmd := exec.Cmd{
		Path: p.Program[0], Args: p.Program, Env: p.Env, Dir: p.Dir,
		Stdout: out, Stderr: out,
		SysProcAttr: &syscall.SysProcAttr{Chroot: root, Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	started()
	if err := cmd.Wait(); cmd.ProcessState == nil {
		return 0, err
	}
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}
