package daemon

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/record"
)

// recorderSet holds the recorders of a running daemon: those of the configuration.
type recorderSet struct {
	*record.Board
	*running
}

// beginLocked adds the recorders of the configuration.
func (s *recorderSet) beginLocked(all []config.Recorder, state *statefile.File) error {
	state.Recorders(s.Board)
	for _, r := range all {
		spec := r.Spec
		state.RestoreRecorder(&spec)
		if err := s.insertLocked(r, spec); err != nil {
			return fmt.Errorf("recorder %s: %w", r.Name, err)
		}
	}
	return nil
}

// insertLocked adds a recorder that begins as spec says.
func (s *recorderSet) insertLocked(r config.Recorder, spec record.Spec) error {
	if _, err := s.Board.Add(spec); err != nil {
		return err
	}
	s.config.Recorders = append(s.config.Recorders, r)
	return nil
}

// removeLocked removes a recorder.
func (s *recorderSet) removeLocked(name string) error {
	if err := s.Board.Remove(name); err != nil {
		return err
	}
	dropLocked(&s.config.Recorders, name, recorderName)
	return nil
}

func recorderName(r config.Recorder) string { return r.Name }

// removeRecorders removes recorders that go or are replaced. Those that an operator has stopped stay so.
func (f *followed) removeRecorders() {
	for s := range f.plan.All(config.OfRecorder, config.Remove, config.Replace) {
		if r, err := f.recorders.Recorder(s.Name); err == nil {
			f.stopped[s.Name] = r.Status().State == record.Stopped
		}
		f.failed("recorder "+s.Name, f.recorders.removeLocked(s.Name))
	}
}

// insertRecorder adds a recorder, in the place of one or anew.
func (f *followed) insertRecorder(r config.Recorder) error {
	spec := r.Spec
	if stopped, replaces := f.stopped[r.Name]; replaces {
		spec.Stopped = stopped
	} else {
		f.state.RestoreRecorder(&spec)
	}
	return f.recorders.insertLocked(r, spec)
}

// addRecorders adds recorders that come, and changes those that stay.
func (f *followed) addRecorders() {
	for s := range f.plan.All(config.OfRecorder, config.Add, config.Replace) {
		err := f.insertRecorder(*f.plan.To.Recorder(s.Name))
		if was := f.before.Recorder(s.Name); err != nil && was != nil {
			f.failed("recorder "+s.Name+" stays as it was", err)
			err = f.insertRecorder(*was)
		}
		f.failed("recorder "+s.Name+" is missing now", err)
	}
	for s := range f.plan.All(config.OfRecorder, config.Change) {
		r := *f.plan.To.Recorder(s.Name)
		f.failed("recorder "+s.Name, f.recorders.Change(r.Name, r.Keep))
		replaceLocked(f.running.config.Recorders, r, recorderName)
	}
}

// resumeRecorderLocked adds a recorder that was handed over.
func (d *Daemon) resumeRecorderLocked(i *inheritance, r config.Recorder, ends map[int]*loop.End) error {
	var was *record.Handed
	if at := slices.IndexFunc(i.Recorders, func(h record.Handed) bool { return h.Name == r.Name }); at >= 0 {
		was = &i.Recorders[at]
	}
	if err := i.recorders.Add(r.Spec, was, ends); err != nil {
		return fmt.Errorf("recorder %s: %w", r.Name, err)
	}
	d.running.config.Recorders = append(d.running.config.Recorders, r)
	return nil
}

// waiting returns a file with the frames that wait in recorders, or nil. It is written before all stands still.
func (d *Daemon) waiting() *os.File {
	fd, err := unix.MemfdCreate("loopbridge-recorders", unix.MFD_CLOEXEC)
	if err != nil {
		d.log.Warn().Err(err).Msg("what waits in recorders takes longer to hand over")
		return nil
	}
	f := os.NewFile(uintptr(fd), "recorders")
	if err := d.recorders.Save(f); err != nil {
		d.log.Warn().Err(err).Msg("what waits in recorders takes longer to hand over")
		f.Close()
		return nil
	}
	return f
}

// descriptor is a file of the process before, which that gets back if this one gives up.
type descriptor int

// ReadAt implements io.ReaderAt.
func (d descriptor) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		m, err := unix.Pread(int(d), p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case m == 0:
			return n, io.EOF
		}
		n += max(m, 0)
	}
	return n, nil
}
