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

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

const (
	service = "laboratory.service"
	self    = plan.SystemHome + "/guest"
	planned = plan.SystemHome + "/plan.json"
)

// unit runs this program once more, which then runs that of the plan.
const unit = `[Unit]
Description=program of the laboratory
After=basic.target

[Service]
Type=exec
ExecStart=` + self + ` ` + asService + `
# It knows itself how long it may take; what it starts is its own to stop.
TimeoutStopSec=10
OOMPolicy=continue
`

const asService = "service"

// system makes the file system on the disk the root, with the unit in it, and becomes its first process.
func system(p plan.Plan) error {
	if !appears(plan.Disk) {
		return fmt.Errorf("the disk %s did not turn up", plan.Disk)
	}
	if err := mount(plan.Disk, "ext4", root, 0, ""); err != nil {
		return err
	}
	if err := errors.Join(
		mount("tmpfs", "tmpfs", root+"/run", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"),
		os.MkdirAll(root+plan.Share, 0o755),
		os.MkdirAll(root+plan.SystemHome, 0o755),
		mount(plan.ShareTag, "9p", root+plan.Share, 0, over9p+",cache=none"),
	); err != nil {
		return err
	}
	if err := copyFiles(p.Files, plan.SystemHome); err != nil {
		return err
	}
	if err := settle(p); err != nil {
		return err
	}
	for _, at := range []string{"/dev", "/proc", "/sys"} {
		if err := unix.Mount(at, root+at, "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move %s: %w", at, err)
		}
	}
	if err := errors.Join(unix.Chdir(root), unix.Mount(".", "/", "", unix.MS_MOVE, ""), unix.Chroot("."), unix.Chdir("/")); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	const first = "/sbin/init"
	return fmt.Errorf("%s: %w", first, unix.Exec(first, []string{first}, []string{"HOME=/", "TERM=dumb"}))
}

// settle writes what the system is to find below /run.
func settle(p plan.Plan) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	program, err := os.ReadFile("/init")
	if err != nil {
		return err
	}
	const wants = "/run/systemd/system/multi-user.target.wants"
	var all []error
	for _, file := range []struct {
		name, text string
		mode       os.FileMode
	}{
		{planned, string(text), 0o644},
		{self, string(program), 0o755},
		{"/run/modprobe.d/laboratory.conf", strings.Join(p.Options, "\n") + "\n", 0o644},
		{"/run/modules-load.d/laboratory.conf", strings.Join(p.Load, "\n") + "\n", 0o644},
		{"/run/systemd/system/" + service, unit, 0o644},
	} {
		all = append(all, os.MkdirAll(filepath.Dir(root+file.name), 0o755), os.WriteFile(root+file.name, []byte(file.text), file.mode))
	}
	all = append(all, os.MkdirAll(root+wants, 0o755), os.Symlink("../"+service, root+wants+"/"+service))
	return errors.Join(all...)
}

// serve runs the program as a service of the system, and ends the system, or starts it again, as that wants.
func serve() error {
	text, err := os.ReadFile(planned)
	if err != nil {
		return err
	}
	var p plan.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("%s: %w", planned, err)
	}
	host, err := port(plan.Init, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer host.Close()
	status, err := run(p, "", func() { fmt.Fprintln(host, plan.Running) })
	verb := "poweroff"
	switch {
	case err != nil:
		fmt.Fprintf(host, "%s %s\n", plan.Failed, strings.ReplaceAll(err.Error(), "\n", "; "))
	case status == plan.Again:
		fmt.Fprintln(host, plan.Reboot)
		verb = "reboot"
	default:
		fmt.Fprintln(host, plan.Exit, status)
	}
	end := exec.Command("systemctl", "--no-block", verb)
	end.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return errors.Join(err, end.Run())
}
