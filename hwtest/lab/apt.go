package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// archives is where kernels come from; apt, but for tests.
type archives interface {
	// Updated is when the package lists were fetched, as far as that is known.
	Updated() time.Time
	// Update fetches them.
	Update(context.Context) error
	// Newest is the package that holds the newest kernel, as the lists have it.
	Newest(context.Context) (pkg string, err error)
	// Version is the version of a package that Download would fetch.
	Version(ctx context.Context, pkg string) (string, error)
	// Download puts a package's file into a directory.
	Download(ctx context.Context, pkg, version, dir string) (file string, err error)
	// About reads name and version in a package's file.
	About(ctx context.Context, file string) (pkg, version string, err error)
	// Unpack leaves in a directory what is kept of a package's file.
	Unpack(ctx context.Context, file, dir string) error
}

// kernelPackage depends on the package that holds the newest kernel.
const kernelPackage = "linux-image-amd64"

// apt is Debian's.
type apt struct{}

// Updated is the time of the directory: its files have the times that the server says.
func (apt) Updated() time.Time {
	info, err := os.Stat("/var/lib/apt/lists")
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// Update takes a list that could not be fetched for an error: apt-get itself goes on with the
// one that it has. A mirror whose lists of another architecture are damaged is none; what is
// here of those stays.
func (apt) Update(ctx context.Context) error {
	args := []string{"apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "APT::Architectures=amd64", "-o", "APT::Get::List-Cleanup=0",
		"-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30"}
	if os.Getuid() != 0 {
		args = append([]string{"sudo", "-n"}, args...)
	}
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err == nil {
		return nil
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "E: ") || strings.HasPrefix(line, "sudo: ") {
			return fmt.Errorf("%w: %s", err, strings.TrimSpace(line))
		}
	}
	return err
}

func (apt) Newest(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "apt-cache", "depends", "--important", kernelPackage).Output()
	if err != nil {
		return "", fmt.Errorf("apt-cache knows no %s (is this Debian?): %w", kernelPackage, err)
	}
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name, nil
		}
	}
	return "", fmt.Errorf("apt-cache depends %s names no kernel", kernelPackage)
}

func (apt) Version(ctx context.Context, pkg string) (string, error) {
	out, err := exec.CommandContext(ctx, "apt-cache", "show", "--no-all-versions", pkg).Output()
	if err != nil {
		return "", fmt.Errorf("apt-cache knows no %s: %w", pkg, err)
	}
	for line := range strings.Lines(string(out)) {
		if version, ok := strings.CutPrefix(line, "Version: "); ok {
			return strings.TrimSpace(version), nil
		}
	}
	return "", fmt.Errorf("apt-cache show %s names no version", pkg)
}

func (apt) Download(ctx context.Context, pkg, version, dir string) (string, error) {
	get := exec.CommandContext(ctx, "apt-get", "download", "-q", pkg+"="+version)
	get.Dir = dir
	if out, err := get.CombinedOutput(); err != nil {
		return "", fmt.Errorf("apt-get download %s=%s: %w\n%s", pkg, version, err, out)
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	if len(found) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d packages", pkg, len(found))
	}
	return found[0], nil
}

func (apt) About(ctx context.Context, file string) (pkg, version string, err error) {
	out, err := exec.CommandContext(ctx, "dpkg-deb", "--show", "--showformat=${Package} ${Version}", file).Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", "", fmt.Errorf("%s is no package of Debian: %w", file, err)
	}
	pkg, version, _ = strings.Cut(string(out), " ")
	if !strings.HasPrefix(pkg, "linux-image-") || version == "" {
		return "", "", fmt.Errorf("%s holds %s %s, which is no kernel", file, pkg, version)
	}
	return pkg, version, nil
}

func (apt) Unpack(ctx context.Context, file, dir string) error { return unpackKernel(ctx, file, dir) }
