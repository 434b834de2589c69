package lab

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// kept are the parts of a kernel's package that a laboratory may need; the rest is ten
// times as much.
func kept() []string {
	return []string{
		"sound/", "net/9p/", "net/sched/", "drivers/net/veth.ko", "fs/9p/", "fs/fscache/", "fs/netfs/", "fs/fuse/", "fs/ext4/", "fs/jbd2/", "fs/mbcache.ko", "fs/autofs/",
		"drivers/virtio/", "drivers/char/", "drivers/usb/", "drivers/input/", "drivers/leds/",
		"drivers/nvdimm/", "drivers/media/mc/", "drivers/i2c/", "drivers/acpi/", "drivers/soundwire/", "lib/", "crypto/",
	}
}

// unpackKernel leaves what is kept of a package's file in a directory.
func unpackKernel(ctx context.Context, file, dir string) error {
	unpack := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", file)
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
		return fmt.Errorf("unpacking %s: %w", filepath.Base(file), err)
	}
	if list, err = inflate(ctx, dir, list); err != nil {
		return err
	}
	if !slices.Contains(list, "vmlinuz") || len(list) < 100 {
		return fmt.Errorf("%s holds no kernel that is known here", filepath.Base(file))
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
