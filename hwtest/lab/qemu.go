package lab

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// Program is what emulates the machine.
const Program = "qemu-system-x86_64"

// The host's ends of a machine's lines.
type lines struct {
	qmp, console, init, output, control net.Conn

	guest []*os.File // QEMU's ends, in its order
}

// newLines makes pairs of sockets: no names, nothing to clean up, and both ends are gone
// with their process.
func newLines() (*lines, error) {
	l := &lines{}
	for _, end := range l.all() {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			l.close()
			return nil, fmt.Errorf("socketpair: %w", err)
		}
		ours := os.NewFile(uintptr(fds[0]), "host")
		l.guest = append(l.guest, os.NewFile(uintptr(fds[1]), "machine"))
		*end, err = net.FileConn(ours)
		ours.Close() // FileConn has made its own
		if err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *lines) all() []*net.Conn {
	return []*net.Conn{&l.qmp, &l.console, &l.init, &l.output, &l.control}
}

// handed closes what QEMU has inherited.
func (l *lines) handed() {
	for _, f := range l.guest {
		f.Close()
	}
	l.guest = nil
}

func (l *lines) close() {
	l.handed()
	for _, end := range l.all() {
		if *end != nil {
			(*end).Close()
		}
	}
}

// arguments is QEMU's command line. Its ends of the lines are descriptors 3 and following.
// A huge page would take this processor 8 ms to clear. The check of the timer interrupt at boot counts
// on a processor that is not held up meanwhile, and panics where the host does that.
func (m *machine) arguments() []string {
	args := []string{
		Program, "-nodefaults", "-no-user-config", "-display", "none",
		"-kernel", m.kernel.Image(), "-initrd", m.path("initrd"),
		"-append", "console=ttyS0 rdinit=/init panic=-1 loglevel=4 mitigations=off tsc=reliable no_timer_check transparent_hugepage=never",
		"-device", "virtio-serial-pci,id=ports",
		"-virtfs", "local,path=" + m.share() + ",mount_tag=" + plan.ShareTag + ",security_model=none",
	}
	args = append(args, m.clock()...)
	args = append(args, m.disk()...)
	for i, name := range []string{"qmp", "console", "init", "output", "control"} {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=%s,fd=%d", name, 3+i))
	}
	args = append(args, "-mon", "chardev=qmp,mode=control", "-serial", "chardev:console")
	for _, p := range []struct{ chardev, name string }{{"init", plan.Init}, {"output", plan.Output}, {"control", plan.Control}} {
		args = append(args, "-device", fmt.Sprintf("virtserialport,bus=ports.0,chardev=%s,name=%s", p.chardev, p.name))
	}
	args = append(args, "-audiodev", "none,id=nobody")
	for _, c := range m.config.Cards {
		for _, b := range c.bus {
			args = append(args, "-device", b)
		}
		for _, d := range c.devices {
			id := c.recordingID(d.pcm)
			args = append(args,
				"-audiodev", fmt.Sprintf("wav,id=%s,path=%s,out.frequency=%d", id, filepath.Join(m.share(), c.recording(d.pcm)), d.rate),
				"-device", d.args+",audiodev="+id)
		}
	}
	return args
}

// disk is what the machine has its files from.
func (m *machine) disk() []string {
	if m.config.Image == "" {
		return []string{"-machine", "pc", "-m", "1024", "-no-reboot",
			"-virtfs", "local,path=/,mount_tag=" + plan.RootTag + ",security_model=none,readonly=on,multidevs=remap"}
	}
	// The image is memory of the machine, so that nothing waits for a disk; what it writes there
	// outlives a reboot, and no more. The clock of its hardware goes on with its own time.
	return []string{"-machine", "pc,nvdimm=on", "-m", "1024,slots=1,maxmem=4G", "-rtc", "base=utc,clock=vm",
		"-object", fmt.Sprintf("memory-backend-file,id=disk,share=off,mem-path=%s,size=%d", m.config.Image, m.size),
		"-device", "nvdimm,memdev=disk"}
}

// clock is what makes time pass in the machine.
func (m *machine) clock() []string {
	if m.config.Clock == RealTime {
		return []string{"-accel", "tcg,thread=multi"}
	}
	// 2^2 ns for an instruction: a computer of 250 MIPS. One that sleeps wakes at once, at
	// the time when it wanted to.
	return []string{"-accel", "tcg,thread=single", "-icount", "shift=2,sleep=off"}
}
