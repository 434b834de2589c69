package lab

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Kernel is an unpacked kernel with its drivers.
type Kernel struct {
	Dir string // holds vmlinuz and, below modules, the drivers
}

// Image is the file to boot.
func (k Kernel) Image() string { return filepath.Join(k.Dir, "vmlinuz") }

const (
	kernelPackage = "linux-image-amd64" // depends on the package that holds the newest kernel
	contents      = "contents"          // the last file to be written: size and name of each other
	keptAs        = "-1"                // changes with kept
)

// kept are the parts of a kernel's package that a laboratory may need; the rest is ten
// times as much.
func kept() []string {
	return []string{
		"sound/", "net/9p/", "fs/9p/", "fs/fscache/", "fs/netfs/", "fs/fuse/",
		"drivers/virtio/", "drivers/char/", "drivers/usb/", "drivers/input/", "drivers/leds/",
		"drivers/media/mc/", "drivers/i2c/", "drivers/acpi/", "drivers/soundwire/", "lib/", "crypto/",
	}
}

// FetchKernel returns the newest kernel in the user's cache directory, or else downloads
// and unpacks Debian's, which takes a few seconds and installs nothing. Several processes
// may do so at once.
func FetchKernel(ctx context.Context) (Kernel, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Kernel{}, err
	}
	cache = filepath.Join(cache, "loopbridge", "lab")
	if k, ok := cachedKernel(cache); ok {
		return k, nil
	}
	name, err := kernelName(ctx)
	if err != nil {
		return Kernel{}, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return Kernel{}, err
	}
	// Next to the place where it belongs, so that it gets there whole by a rename.
	temp, err := os.MkdirTemp(cache, ".unpacking-")
	if err != nil {
		return Kernel{}, err
	}
	defer os.RemoveAll(temp)
	if err := unpackKernel(ctx, name, temp); err != nil {
		return Kernel{}, err
	}
	k := Kernel{filepath.Join(cache, name+keptAs)}
	err = os.Rename(filepath.Join(temp, "kernel"), k.Dir)
	if err != nil && !k.complete() {
		// What is there was cut off, or was changed.
		if err = os.RemoveAll(k.Dir); err == nil {
			err = os.Rename(filepath.Join(temp, "kernel"), k.Dir)
		}
	}
	if err != nil && !k.complete() {
		return Kernel{}, err
	}
	return k, nil
}

// cachedKernel is the complete one whose name is last.
func cachedKernel(cache string) (Kernel, bool) {
	dirs, _ := filepath.Glob(filepath.Join(cache, "linux-image-*"+keptAs))
	slices.Sort(dirs)
	for _, dir := range slices.Backward(dirs) {
		if k := (Kernel{dir}); k.complete() {
			return k, true
		}
	}
	return Kernel{}, false
}

// kernelName asks apt which package has the kernel.
func kernelName(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "apt-cache", "depends", "--important", kernelPackage).Output()
	if err != nil {
		return "", fmt.Errorf("apt-cache knows no %s (is this Debian, and did apt-get update run?): %w", kernelPackage, err)
	}
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name, nil
		}
	}
	return "", fmt.Errorf("apt-cache depends %s names no kernel", kernelPackage)
}

// unpackKernel leaves what is kept of a package in temp/kernel.
func unpackKernel(ctx context.Context, name, temp string) error {
	get := exec.CommandContext(ctx, "apt-get", "download", "-q", name)
	get.Dir = temp
	if out, err := get.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download %s: %w\n%s", name, err, out)
	}
	found, _ := filepath.Glob(filepath.Join(temp, "*.deb"))
	if len(found) != 1 {
		return fmt.Errorf("apt-get download %s left %d packages", name, len(found))
	}
	dir := filepath.Join(temp, "kernel")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	unpack := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", found[0])
	stream, err := unpack.StdoutPipe()
	if err != nil {
		return err
	}
	if err := unpack.Start(); err != nil {
		return err
	}
	list, err := keep(tar.NewReader(stream), dir)
	io.Copy(io.Discard, stream) // tar ends before its last block does
	if err := errors.Join(err, unpack.Wait()); err != nil {
		return fmt.Errorf("unpacking %s: %w", filepath.Base(found[0]), err)
	}
	if list, err = inflate(ctx, dir, list); err != nil {
		return err
	}
	if !slices.Contains(list, "vmlinuz") || len(list) < 100 {
		return fmt.Errorf("%s holds no kernel that is known here", filepath.Base(found[0]))
	}
	return seal(dir, list)
}

// keep unpacks the kernel and the kept drivers, and lists the files.
func keep(r *tar.Reader, dir string) (list []string, err error) {
	for {
		h, err := r.Next()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		name, ok := keptName(strings.TrimPrefix(h.Name, "./"))
		if h.Typeflag != tar.TypeReg || !ok {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(f, r)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
}

// keptName is where a file of the package goes, if it is kept.
func keptName(name string) (string, bool) {
	if strings.HasPrefix(name, "boot/vmlinuz-") {
		return "vmlinuz", true
	}
	_, module, ok := strings.Cut(name, "/kernel/")
	if !ok || !filepath.IsLocal(module) || !(strings.HasSuffix(module, ".ko") || strings.HasSuffix(module, ".ko.xz")) {
		return "", false
	}
	return "modules/" + module, slices.ContainsFunc(kept(), func(part string) bool { return strings.HasPrefix(module, part) })
}

// inflate unpacks the modules of a kernel that has them compressed.
func inflate(ctx context.Context, dir string, list []string) ([]string, error) {
	xz := exec.CommandContext(ctx, "xz", "-d")
	xz.Dir = dir
	for i, name := range list {
		if short, ok := strings.CutSuffix(name, ".xz"); ok {
			xz.Args = append(xz.Args, name)
			list[i] = short
		}
	}
	if len(xz.Args) == 2 {
		return list, nil
	}
	out, err := xz.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("xz: %w\n%s", err, out)
	}
	return list, err
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
