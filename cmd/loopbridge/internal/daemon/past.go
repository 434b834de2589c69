package daemon

import (
	"os"

	"golang.org/x/sys/unix"
)

// past returns a file with the last 24 hours, or nil. It is written while all goes on: what happens between it and the handover is
// missing.
func (d *Daemon) past() *os.File {
	fd, err := unix.MemfdCreate("loopbridge-history", unix.MFD_CLOEXEC)
	if err != nil {
		d.log.Warn().Err(err).Msg("the last 24 hours are forgotten")
		return nil
	}
	f := os.NewFile(uintptr(fd), "history")
	if err = d.history.Save(f); err == nil {
		_, err = f.Seek(0, 0)
	}
	if err != nil {
		d.log.Warn().Err(err).Msg("the last 24 hours are forgotten")
		f.Close()
		return nil
	}
	return f
}

// numberOf returns the descriptor of a file, or −1.
func numberOf(f *os.File) int {
	if f == nil {
		return -1
	}
	return int(f.Fd())
}

// remember reads what past has written, of the process before.
func (d *Daemon) remember(fd int) {
	if fd < 0 {
		return
	}
	f := os.NewFile(uintptr(fd), "history")
	defer f.Close()
	if err := d.history.Load(f); err != nil {
		d.log.Warn().Err(err).Msg("the last 24 hours are forgotten")
	}
}
