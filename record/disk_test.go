package record_test

import (
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/loopbridge/loopbridge/record"
)

// disk is that of the machine, with faults.
type disk struct {
	record.Disk
	free atomic.Int64 // bytes that can be written; < 0: as on the machine
	no   atomic.Int32 // errno of all that writes; 0: none
	hang chan struct{}

	mu     sync.Mutex
	synced int
}

func newDisk() *disk {
	d := &disk{Disk: record.OS()}
	d.free.Store(-1)
	return d
}

// refused returns the error of what writes.
func (d *disk) refused() error {
	d.mu.Lock()
	hang := d.hang
	d.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if no := d.no.Load(); no != 0 {
		return syscall.Errno(no)
	}
	return nil
}

// stall lets all that writes hang until go_on is called.
func (d *disk) stall() (goOn func()) {
	hang := make(chan struct{})
	d.mu.Lock()
	d.hang = hang
	d.mu.Unlock()
	return func() {
		d.mu.Lock()
		d.hang = nil
		d.mu.Unlock()
		close(hang)
	}
}

func (d *disk) Create(path string) (record.File, error) {
	if err := d.refused(); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f, err := d.Disk.Create(path)
	if err != nil {
		return nil, err
	}
	return &file{f, d}, nil
}

func (d *disk) Free(folder string) (uint64, error) {
	if n := d.free.Load(); n >= 0 {
		_, err := os.Stat(folder)
		return uint64(n), err
	}
	return d.Disk.Free(folder)
}

// file is one on a disk with faults.
type file struct {
	record.File
	disk *disk
}

func (f *file) Write(p []byte) (int, error) {
	if err := f.disk.refused(); err != nil {
		return 0, err
	}
	if free := f.disk.free.Load(); free >= 0 {
		if int64(len(p)) > free {
			f.disk.free.Store(0)
			n, _ := f.File.Write(p[:free])
			return n, syscall.ENOSPC
		}
		f.disk.free.Add(-int64(len(p)))
	}
	return f.File.Write(p)
}

func (f *file) Sync() error {
	if err := f.disk.refused(); err != nil {
		return err
	}
	f.disk.mu.Lock()
	f.disk.synced++
	f.disk.mu.Unlock()
	return f.File.Sync()
}

// die lets all that is asked of the disk come to nothing.
func (d *disk) die() {
	d.no.Store(int32(syscall.EIO))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hang != nil {
		close(d.hang)
		d.hang = nil
	}
}
