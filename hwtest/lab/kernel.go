package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Kernel is an unpacked kernel of Debian with its drivers.
type Kernel struct {
	Dir     string // holds vmlinuz and, below modules, the drivers
	Package string // "linux-image-6.1.0-56-amd64"
	Version string // of the package: "6.1.192-2"
}

// Image is the file to boot.
func (k Kernel) Image() string { return filepath.Join(k.Dir, "vmlinuz") }

// Release is its name for itself and its drivers, as uname -r says: "6.1.0-56-amd64".
func (k Kernel) Release() string {
	return strings.TrimSuffix(strings.TrimPrefix(k.Package, "linux-image-"), "-unsigned")
}

// String returns package and version.
func (k Kernel) String() string { return k.Package + " " + k.Version }

const (
	contents = "contents" // the last file to be written: size and name of each other
	chosen   = "chosen"   // a file that says: somebody has named this kernel
	layout   = "4"        // changes with kept
)

// kernelDir is the name of a kernel's directory in the cache: package_version_layout.
func kernelDir(pkg, version string) string {
	return pkg + "_" + strings.ReplaceAll(version, ":", "%3a") + "_" + layout
}

// kernelIn is the kernel of a directory with such a name.
func kernelIn(dir string) (Kernel, bool) {
	part := strings.Split(filepath.Base(dir), "_")
	if len(part) != 3 || part[2] != layout || !strings.HasPrefix(part[0], "linux-image-") {
		return Kernel{}, false
	}
	return Kernel{dir, part[0], strings.ReplaceAll(part[1], "%3a", ":")}, true
}

// seal writes the list by which complete judges.
func seal(dir string, list []string) error {
	var b strings.Builder
	for _, name := range list {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, info.Size(), name)
	}
	return os.WriteFile(filepath.Join(dir, contents), []byte(b.String()), 0o644)
}

// complete reports whether every file is there with its size.
func (k Kernel) complete() bool {
	text, err := os.ReadFile(filepath.Join(k.Dir, contents))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		var size int64
		var name string
		if _, err := fmt.Sscan(line, &size, &name); err != nil {
			return false
		}
		info, err := os.Stat(filepath.Join(k.Dir, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() != size || err != nil {
			return false
		}
	}
	return len(text) > 0
}
