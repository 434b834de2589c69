//go:build portaudio && cgo

package portaudio

// #define _GNU_SOURCE
// #include <dlfcn.h>
//
// static const char *topdir(void)
// {
//	const char *(*f)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "snd_config_topdir");
//	return f ? f() : 0;
// }
import "C"

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// never is a PCM in alsa-lib's configuration that does not open. PortAudio 19.6 needs one: if
// every PCM opens, an assertion in BuildDeviceList ends the process.
const never = "pcm.loopbridge_never { type hw card \"no card has this name\" }\n"

// configPath names the files of alsa-lib's configuration, separated by colons.
const configPath = "ALSA_CONFIG_PATH"

// alsaConfig adds never to alsa-lib's configuration, in a file that only this process has.
type alsaConfig struct {
	file   *os.File
	before string // previous value of the variable
}

// add must run after PortAudio is loaded and before it starts. On failure it changes nothing.
func (c *alsaConfig) add() {
	c.before = os.Getenv(configPath)
	path := c.before
	if path == "" {
		top := C.topdir()
		if top == nil {
			return // this PortAudio has no ALSA
		}
		path = filepath.Join(C.GoString(top), "alsa.conf")
	}
	fd, err := unix.MemfdCreate("alsa.conf", unix.MFD_CLOEXEC)
	if err != nil {
		return
	}
	c.file = os.NewFile(uintptr(fd), fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd))
	if _, err := c.file.WriteString(never); err == nil {
		_ = os.Setenv(configPath, path+":"+c.file.Name())
	}
}

// remove undoes add.
func (c *alsaConfig) remove() {
	if c.file == nil {
		return
	}
	c.file.Close()
	if c.before == "" {
		_ = os.Unsetenv(configPath)
	} else {
		_ = os.Setenv(configPath, c.before)
	}
}
