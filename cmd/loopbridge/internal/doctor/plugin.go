package doctor

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The files of the ALSA plugin. alsa-lib looks for libraries in the folder alsa-lib beside itself only.
const (
	alsaLib    = "libasound.so.2"
	pcmLibrary = "libasound_module_pcm_loopbridge.so"
	ctlLibrary = "libasound_module_ctl_loopbridge.so"
	pluginConf = "50-loopbridge.conf"
)

// Symbols of the libraries (plugin/alsa).
const (
	protocolSymbol = "loopbridge_plugin_protocol" // 32 bits
	releaseSymbol  = "loopbridge_plugin_version"  // text
)

// maxLibrary is how much of a library is read.
const maxLibrary = 8 << 20

// plugin reports, for each alsa-lib of the machine, whether programs that use it can open loops.
func (l *look) plugin() (found []Finding) {
	var machines []string // of alsa-lib, by their names
	for _, lib := range slices.Concat(l.glob("usr/lib*/"+alsaLib), l.glob("usr/lib/*/"+alsaLib), l.glob("lib/*/"+alsaLib)) {
		image, err := l.library(lib)
		if err != nil || slices.Contains(machines, image.String()) { // "lib" may be a link to "usr/lib"
			continue
		}
		machines = append(machines, image.String())
		folder := path.Join(path.Dir(lib), "alsa-lib")
		for _, name := range []string{pcmLibrary, ctlLibrary} {
			found = append(found, l.pluginFor(image, path.Join(folder, name))...)
		}
	}
	if len(machines) == 0 {
		return one(Note, "sudo apt install libasound2", "this machine has no alsa-lib, so no program needs the plugin")
	}
	return merged(found)
}

// merged returns one finding for those that are alike, as most are for both libraries.
func merged(found []Finding) []Finding {
	return slices.CompactFunc(found, func(a, b Finding) bool { return a == b })
}

// image is what a library says about itself.
type image struct {
	class    elf.Class
	machine  elf.Machine
	protocol int    // 0: it does not say
	release  string // "": it does not say
}

// String returns for which programs the library is.
func (i image) String() string {
	bits := "64"
	if i.class == elf.ELFCLASS32 {
		bits = "32"
	}
	return bits + "-bit programs (" + strings.ToLower(strings.TrimPrefix(i.machine.String(), "EM_")) + ")"
}

// library reads the head of a library.
func (l *look) library(name string) (i image, err error) {
	f, err := l.Root.Open(name)
	if err != nil {
		return i, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxLibrary))
	if err != nil {
		return i, err
	}
	e, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return i, err
	}
	i.class, i.machine = e.Class, e.Machine
	if data := constant(e, protocolSymbol); len(data) >= 4 {
		i.protocol = int(e.ByteOrder.Uint32(data))
	}
	release, _, _ := bytes.Cut(constant(e, releaseSymbol), []byte{0})
	i.release = string(release)
	return i, nil
}

// constant returns what is at a symbol that a library exports, up to the end of its section; nil without it.
func constant(e *elf.File, name string) []byte {
	symbols, _ := e.DynamicSymbols()
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	at := symbols[i]
	for _, s := range e.Sections {
		if s.Type == elf.SHT_PROGBITS && at.Value >= s.Addr && at.Value < s.Addr+s.Size {
			data, _ := s.Data()
			return data[min(at.Value-s.Addr, uint64(len(data))):]
		}
	}
	return nil
}

// pluginFor reports on a library of the plugin for an alsa-lib.
func (l *look) pluginFor(lib image, name string) []Finding {
	plugin, err := l.library(name)
	daemon := l.Version.Protocol
	if l.err == nil && l.about.Protocol > 0 {
		daemon = l.about.Protocol
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return one(Warning, l.reinstall(lib.class == elf.ELFCLASS32), "%s cannot open loops through ALSA: /%s has no plugin", lib, path.Dir(name))
	case errors.Is(err, fs.ErrPermission):
		return l.unread("/" + name)
	case err != nil:
		return one(Fault, l.reinstall(lib.class == elf.ELFCLASS32), "/%s is damaged: %v", name, err)
	case plugin.class != lib.class || plugin.machine != lib.machine:
		return one(Fault, l.reinstall(lib.class == elf.ELFCLASS32), "/%s is for %s, and alsa-lib there for %s", name, plugin, lib)
	case plugin.protocol == 0:
		return one(Warning, l.reinstall(lib.class == elf.ELFCLASS32), "the plugin for %s is of an older release: /%s", lib, path.Dir(name))
	case plugin.protocol != daemon:
		return one(Fault, l.reinstall(lib.class == elf.ELFCLASS32), "the plugin for %s speaks protocol version %d and the daemon %d, so it opens nothing: /%s",
			lib, plugin.protocol, daemon, path.Dir(name))
	}
	if plugin.release != "" && plugin.release != l.Version.Version {
		return one(Warning, l.reinstall(lib.class == elf.ELFCLASS32), "the plugin for %s is of release %s, and this program %s: use the same release of both", lib, plugin.release, l.Version.Version)
	}
	return fine("the plugin for %s speaks protocol version %d, as the daemon does", lib, plugin.protocol)
}

// reinstall returns the command that installs the plugins anew.
func (l *look) reinstall(thirtyTwo bool) string {
	switch {
	case thirtyTwo:
		return "make plugin plugin32 && sudo make install"
	case l.exists("var/lib/dpkg/info/loopbridge.list"):
		return "sudo apt install --reinstall loopbridge"
	}
	return "make plugin && sudo make install"
}

// alsaConfiguration reports whether alsa-lib reads the plugin's configuration.
func (l *look) alsaConfiguration() (found []Finding) {
	const etc, share = "etc/alsa/conf.d/" + pluginConf, "usr/share/alsa/alsa.conf.d/" + pluginConf
	at := l.first(etc, share)
	if at == "" {
		if len(l.glob("usr/lib*/"+alsaLib))+len(l.glob("usr/lib/*/"+alsaLib)) == 0 {
			return nil
		}
		return one(Warning, l.reinstall(false), "alsa-lib does not know the name loopbridge: /%s is missing", etc)
	}
	text, err := l.read(at)
	if errors.Is(err, fs.ErrPermission) {
		return one(Fault, "sudo chmod a+r /"+at, "alsa-lib does not know the name loopbridge: this user may not read /%s", at)
	}
	for _, value := range []string{"ALSA_CONFIG_PATH", "ALSA_CONFIG_DIR"} {
		if named := l.Getenv(value); named != "" {
			found = append(found, one(Warning, "unset "+value, "%s is %s: programs read that in place of the usual configuration", value, named)...)
		}
	}
	switch fault := badConfiguration(text); {
	case err != nil || fault != "":
		found = append(found, one(Fault, l.reinstall(false), "/%s %s", at, cmpError(err, fault))...)
	case strings.Contains(text, `lib "/`):
		found = append(found, one(Warning, l.reinstall(false), "/%s names a library by its path, so programs of another word size load a wrong one", at)...)
	}
	if main, err := l.read("usr/share/alsa/alsa.conf"); err == nil && !strings.Contains(main, path.Dir(at)) {
		found = append(found, one(Fault, "sudo apt install --reinstall libasound2-data", "/usr/share/alsa/alsa.conf does not load /%s", path.Dir(at))...)
	}
	if found != nil {
		return found
	}
	return l.asked(at)
}

// asked asks alsa-lib itself whether it knows the name.
func (l *look) asked(at string) []Finding {
	if l.PCMs == nil {
		return fine("alsa-lib loads /%s", at)
	}
	names, err := l.PCMs(l.ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return one(Warning, "aplay -L    # and then move ~/.asoundrc away", "alsa-lib does not end its list of devices: something in its configuration hangs")
	case err != nil:
		return fine("alsa-lib loads /%s; there is no aplay that could tell", at)
	}
	for line := range strings.Lines(names) {
		if name := strings.TrimSpace(line); name == "loopbridge" || strings.HasPrefix(line, "loopbridge:") {
			return fine("alsa-lib loads /%s, and lists loopbridge", at)
		}
	}
	return one(Fault, "aplay -L    # and what it says of the configuration", "alsa-lib does not list loopbridge, although /%s is there", at)
}

// badConfiguration says what is wrong with a configuration of alsa-lib, "" if nothing is.
func badConfiguration(text string) string {
	depth, quoted := 0, false
	for line := range strings.Lines(text) {
	runes:
		for _, r := range line {
			switch {
			case r == '"':
				quoted = !quoted
			case quoted:
			case r == '#':
				break runes
			case r == '{' || r == '[':
				depth++
			case r == '}' || r == ']':
				depth--
			}
		}
	}
	switch {
	case depth != 0 || quoted:
		return "is cut off, or has a bracket too many"
	case !strings.Contains(text, "pcm_type.loopbridge"):
		return "does not define the type loopbridge"
	}
	return ""
}

// cmpError returns the text of an error, or else a sentence.
func cmpError(err error, text string) string {
	if err != nil {
		return fmt.Sprintf("cannot be read: %v", err)
	}
	return text
}
