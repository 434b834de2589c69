package record

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Disk is where segments are. OS is that of the machine; a test has one that fails. Its methods may block for as long as
// the disk does; many goroutines call them, each for files of its own.
type Disk interface {
	// Create makes a file that is not there. fs.ErrExist: it is.
	Create(path string) (File, error)
	// Open opens a file to be repaired.
	Open(path string) (File, error)
	// Stat describes a file, without following links.
	Stat(path string) (fs.FileInfo, error)
	// Remove removes a file.
	Remove(path string) error
	// SyncFolder brings the names in a folder to the disk.
	SyncFolder(path string) error
	// Free returns how many bytes there are for files in a folder.
	Free(folder string) (uint64, error)
	// ReadFile returns what is in a file.
	ReadFile(path string) ([]byte, error)
	// Append appends to a file, which it makes if there is none.
	Append(path string, text []byte) error
	// Replace writes a file anew, whole or not at all.
	Replace(path string, text []byte) error
}

// File is an open file of a Disk.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	io.Seeker
	io.Closer
	// Truncate cuts the file.
	Truncate(size int64) error
	// Sync brings what was written to the disk.
	Sync() error
	// Stat describes the file.
	Stat() (fs.FileInfo, error)
}

// OS returns the disk of the machine.
func OS() Disk { return machine{} }

type machine struct{}

// mode of segments is what the umask leaves.
const mode = 0o666

func (machine) Create(path string) (File, error) {
	return asFile(os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode))
}

func (machine) Open(path string) (File, error) {
	return asFile(os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0))
}

func asFile(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (machine) Stat(path string) (fs.FileInfo, error) { return os.Lstat(path) }
func (machine) Remove(path string) error              { return os.Remove(path) }
func (machine) ReadFile(path string) ([]byte, error)  { return os.ReadFile(path) }

func (machine) SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) { // a file system without
		err = nil
	}
	return errors.Join(err, d.Close())
}

func (machine) Free(folder string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

func (machine) Append(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func (machine) Replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

type osFile struct{ *os.File }

// Sync brings the sound to the disk, and of what is known of it only the length.
func (f osFile) Sync() error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
