package lab

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// DebianPrograms are what FetchDebian needs, by the Debian package that each is in.
func DebianPrograms() map[string]string {
	return map[string]string{"mmdebstrap": "mmdebstrap", "genext2fs": "genext2fs", "resize2fs": "e2fsprogs"}
}

// debianPackages are in the image, with all that they need, and apt.
func debianPackages() []string {
	return []string{"systemd-sysv", "dbus", "udev", "kmod", "alsa-utils"}
}

// debianSize is that of the image: room for what a test installs.
const debianSize = "768M"

// FetchDebian returns the image of a Debian with systemd, for [Config].Image: the release of this machine, made by
// mmdebstrap of its archive, with the drivers of a kernel. It has no password, and no network but loopback. Images are kept
// where kernels are, by what is in them, for a week after their last use. say gets a sentence when one is being made.
func FetchDebian(ctx context.Context, k Kernel, say func(string)) (image string, err error) {
	s, err := userStore(say)
	if err != nil {
		return "", err
	}
	suite, err := suite()
	if err != nil {
		return "", err
	}
	unlock, err := lock(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	recipe := debianRecipe(k, suite)
	key := sha256.New()
	fmt.Fprintln(key, k, recipe, debianSize)
	for _, pkg := range debianPackages() {
		version, err := s.apt.Version(ctx, pkg)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(key, pkg, version)
	}
	dir := filepath.Join(s.dir, fmt.Sprintf("%s%x", imagePrefix, key.Sum(nil)[:8]))
	image = filepath.Join(dir, "root.ext2")
	if _, err := os.Stat(image); errors.Is(err, os.ErrNotExist) {
		s.say(fmt.Sprintf("a Debian %s with systemd is being made, which takes a minute", suite))
		err = s.fill(dir, func(temp string) error { return makeDebian(ctx, filepath.Join(temp, "root.ext2"), recipe) })
		if err != nil {
			return "", err
		}
	}
	s.tidyImages(dir)
	return image, nil
}

const imagePrefix = "debian-"

// debianRecipe are the arguments of mmdebstrap, but for the image.
func debianRecipe(k Kernel, suite string) []string {
	drivers := "/lib/modules/" + k.Release()
	return []string{
		"--quiet", "--variant=minbase", "--format=ext2", "--include=" + strings.Join(debianPackages(), ","),
		// Without a network they fail, and hold the lock of dpkg meanwhile.
		`--customize-hook=chroot "$1" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer`,
		`--customize-hook=echo laboratory >"$1/etc/hostname"`,
		`--customize-hook=mkdir -p "$1` + drivers + `"`,
		"--customize-hook=copy-in " + filepath.Join(k.Dir, "modules") + " " + drivers,
		`--customize-hook=chroot "$1" depmod ` + k.Release(),
		suite,
	}
}

// makeDebian makes the image.
func makeDebian(ctx context.Context, image string, recipe []string) error {
	for _, command := range [][]string{
		append(append([]string{"mmdebstrap"}, recipe...), image),
		{"resize2fs", "-f", image, debianSize},
	} {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "LC_ALL=C")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", command[0], err, out)
		}
	}
	return nil
}

// suite is the release of this machine.
func suite() (string, error) {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "VERSION_CODENAME="); ok {
			return strings.Trim(name, `"`), nil
		}
	}
	return "", errors.New("/etc/os-release names no release: is this Debian?")
}

// tidyImages removes what nobody has used for a week.
func (s store) tidyImages(inUse string) {
	now := s.now()
	_ = os.Chtimes(inUse, now, now) // its last use
	dirs, _ := filepath.Glob(filepath.Join(s.dir, imagePrefix+"*"))
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && !s.within(info.ModTime(), keepAge) {
			if err := os.RemoveAll(dir); err != nil {
				s.say(fmt.Sprintf("an old image cannot be removed: %v", err))
			}
		}
	}
}

// userStore is the cache of this user.
func userStore(say func(string)) (store, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return store{}, err
	}
	return store{filepath.Join(cache, "loopbridge", "lab"), apt{}, time.Now, say}, nil
}
