package doctor

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"io/fs"
	"path"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
)

// fake is a machine on which nothing is wrong: a daemon of the user ann plays on a USB card.
type fake struct {
	Machine
	files  fstest.MapFS
	daemon *fakeDaemon
	closed map[string]bool // files that ann may not use
}

// fakeDaemon answers what it is told to.
type fakeDaemon struct {
	err     error
	about   api.Version
	devices []api.State
	loops   []api.Loop
	routes  []api.Route
}

func (d *fakeDaemon) Version(context.Context) (api.Version, error) { return d.about, d.err }
func (d *fakeDaemon) Devices(context.Context) ([]api.State, error) { return d.devices, d.err }
func (d *fakeDaemon) Loops(context.Context) ([]api.Loop, error)    { return d.loops, d.err }
func (d *fakeDaemon) Routes(context.Context) ([]api.Route, error)  { return d.routes, d.err }
func (f *fake) file(name, text string)                             { f.owned(name, text, 0, 0) }
func (f *fake) link(name, to string) {
	f.files[name] = &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink}
}
func (f *fake) remove(names ...string) {
	for _, n := range names {
		delete(f.files, n)
	}
}
func (f *fake) owned(name, text string, uid, gid uint32) {
	f.files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644, Sys: &syscall.Stat_t{Uid: uid, Gid: gid}}
}

const (
	ann    = 1000
	audioG = 29
	socket = "/run/user/1000/loopbridge/loopbridge.sock"

	limits = "Limit                     Soft Limit           Hard Limit           Units\n" +
		"Max open files            1024                 524288               files\n" +
		"Max locked memory         unlimited            unlimited            bytes\n" +
		"Max realtime priority     95                   95\n"
	status = "Name:\tloopbridge\nState:\tS (sleeping)\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n" +
		"Groups:\t29 1000\nCapEff:\t0000000000000000\n"

	conf = "[daemon]\nstate = \"/home/ann/state.json\"\n[[device]]\nname = \"main\"\nbackend = \"alsa\"\ncard = \"usb:0d8c:0014\"\n" +
		"[[loop]]\nname = \"speaker\"\nserver = { device = \"main\", side = \"play\" }\n"
)

// newFake returns the machine.
func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{files: fstest.MapFS{}, closed: map[string]bool{}}
	f.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann Othmar,,,:/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n")
	f.file("etc/group", "root:x:0:\naudio:x:29:ann\nann:x:1000:\n")
	f.file("etc/loopbridge/loopbridge.toml", conf)
	f.file("home/ann/state.json", `{"socket":"/s","devices":{},"ends":{}}`)

	f.process(700, "loopbridge", "/usr/bin/loopbridge", "serve", "--config", "/etc/loopbridge/loopbridge.toml")
	f.file("proc/700/fd/0", "")
	f.file("proc/self/status", status)
	f.file("proc/self/limits", limits)
	f.owned("run/user/1000/loopbridge/loopbridge.sock", "", ann, ann)
	f.files["run/user/1000"] = &fstest.MapFile{Mode: fs.ModeDir | 0o700, Sys: &syscall.Stat_t{Uid: ann, Gid: ann}}
	f.hardware()
	f.software()

	f.daemon = &fakeDaemon{about: api.Version{Version: "1.2", Protocol: 2, PID: 700},
		devices: []api.State{{Name: "null", Hardware: &api.Hardware{RunsOn: "null"}},
			{Name: "main", Hardware: &api.Hardware{RunsOn: "usb:0d8c:0014", Thread: "real-time, SCHED_FIFO priority 20"}}},
		loops:  []api.Loop{{Name: "speaker", Attached: "play", Clients: []api.End{{Program: "mpv", PID: 800}}}},
		routes: []api.Route{{Name: "talk", State: "flowing", Clock: &api.RouteClock{State: "locked"}}}}
	f.Machine = Machine{
		Root: f.files, Socket: socket, Version: api.Version{Version: "1.2", Protocol: 2}, Daemon: f.daemon,
		Getenv: func(name string) string {
			return map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000", "HOME": "/home/ann", "USER": "ann"}[name]
		},
		Access: func(name string, _ uint32) error {
			if f.closed[name] {
				return syscall.EACCES
			}
			return nil
		},
		Free:     func(string) (uint64, error) { return 1 << 30, nil },
		RealTime: func() error { return nil },
		RTKit:    func(context.Context) (int, error) { return 0, audio.ErrNoDaemon },
		Load: func(name string) (config.Config, error) {
			text, err := fs.ReadFile(f.files, name[1:])
			if err != nil {
				return config.Config{}, err
			}
			return config.Parse(name, text)
		},
		StateFile:  func(configured string) string { return configured },
		StateError: statefile.Check,
		PCMs:       func(context.Context) (string, error) { return "null\n    nothing\nloopbridge\n    loops\n", nil },
		Resolution: func() (time.Duration, error) { return 1, nil },
		PTP:        func() error { return nil },
	}
	return f
}

// process adds a process of ann.
func (f *fake) process(pid int, name string, args ...string) {
	line := ""
	for _, arg := range args {
		line += arg + "\x00"
	}
	f.owned(proc(pid, "comm"), name+"\n", ann, ann)
	f.file(proc(pid, "cmdline"), line)
	f.file(proc(pid, "status"), status)
	f.file(proc(pid, "limits"), limits)
	f.file(proc(pid, "cgroup"), "0::/user.slice/user-1000.slice/session-1.scope\n")
	f.link(proc(pid, "exe"), args[0])
}

const usbDevice = "sys/devices/pci0000:00/0000:00:14.0/usb1/1-3/"

// hardware adds a USB card, processors and a kernel.
func (f *fake) hardware() {
	f.file("proc/asound/cards", " 0 [Device         ]: USB-Audio - USB Audio Device\n                      C-Media USB Audio Device at usb-0000:00:14.0-3, full speed\n")
	f.file("proc/asound/pcm", "00-00: USB Audio : USB Audio : playback 1 : capture 1\n")
	f.file("proc/asound/card0/pcm0p/sub0/status", "state: RUNNING\nowner_pid   : 700\n")
	f.file("proc/asound/card0/pcm0c/sub0/status", "closed\n")
	f.owned("dev/snd/controlC0", "", 0, audioG)
	f.owned("dev/snd/pcmC0D0p", "", 0, audioG)
	f.owned("dev/snd/pcmC0D0c", "", 0, audioG)
	f.link("sys/class/sound/card0", "../../devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/sound/card0")
	f.file(usbDevice+"1-3:1.0/sound/card0/id", "Device\n")
	for at, bus := range map[string]string{"": "usb", "1-3:1.0/": "usb", "../": "usb"} {
		f.link(path.Clean(usbDevice+at+"subsystem"), "/sys/bus/"+bus)
	}
	f.link("sys/devices/pci0000:00/0000:00:14.0/subsystem", "/sys/bus/pci")
	f.file(usbDevice+"idVendor", "0d8c\n")
	f.file(usbDevice+"idProduct", "0014\n")
	f.file(usbDevice+"power/control", "on\n")

	f.file("proc/sys/kernel/osrelease", "6.1.0-48-amd64\n")
	f.file("proc/sys/kernel/sched_rt_runtime_us", "950000\n")
	f.file("boot/config-6.1.0-48-amd64", "CONFIG_SND=m\nCONFIG_SND_PCM=m\nCONFIG_SND_PROC_FS=y\nCONFIG_HIGH_RES_TIMERS=y\nCONFIG_HZ=250\nCONFIG_PREEMPT_VOLUNTARY=y\nCONFIG_SND_ALOOP=m\n")
	f.file("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n")
	f.file("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm\n")
	f.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n")
	f.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "acpi-cpufreq\n")
	f.file("sys/class/dmi/id/sys_vendor", "ASUSTeK\n")
	f.file("proc/cpuinfo", "flags\t\t: fpu tsc\n")
	f.file("proc/1/cgroup", "0::/init.scope\n")
}

const (
	libraries   = "usr/lib/x86_64-linux-gnu/"
	libraries32 = "usr/lib/i386-linux-gnu/"
)

// software adds alsa-lib of two word sizes, with plugins.
func (f *fake) software() {
	for at, class := range map[string]elf.Class{libraries: elf.ELFCLASS64, libraries32: elf.ELFCLASS32} {
		f.file(at+alsaLib, library(class, 0, ""))
		f.file(at+"alsa-lib/"+pcmLibrary, library(class, 2, "1.2"))
		f.file(at+"alsa-lib/"+ctlLibrary, library(class, 2, "1.2"))
	}
	f.file("usr/share/alsa/alsa.conf", "@hooks [ { func load files [ \"/etc/alsa/conf.d\" ] } ]\n")
	f.file("etc/alsa/conf.d/"+pluginConf, "# it's {\npcm_type.loopbridge {\n\tlib \"libasound_module_pcm_loopbridge.so\"\n}\n")
}

// library returns a shared library that exports what ours do; protocol 0: it exports nothing.
func library(class elf.Class, protocol uint32, release string) string {
	le := binary.LittleEndian
	write := func(b *bytes.Buffer, v any) { _ = binary.Write(b, le, v) }
	data := append(le.AppendUint32(nil, protocol), release+"\x00"...)
	const names = "\x00" + protocolSymbol + "\x00" + releaseSymbol + "\x00"
	const at, first, second = 0x1000, 1, len(protocolSymbol) + 2
	var symbols, sections, b bytes.Buffer
	six, head, entry, machine := class == elf.ELFCLASS64, 52, 16, elf.EM_386
	if six {
		head, entry, machine = 64, 24, elf.EM_X86_64
	}
	for i, name := range []int{0, first, second} {
		if value := uint64(at); protocol == 0 || i == 0 {
			symbols.Write(make([]byte, entry))
		} else {
			if i == 2 {
				value += 4
			}
			info := elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT)
			if six {
				write(&symbols, elf.Sym64{Name: uint32(name), Info: info, Shndx: 1, Value: value})
			} else {
				write(&symbols, elf.Sym32{Name: uint32(name), Info: info, Shndx: 1, Value: uint32(value)})
			}
		}
	}
	offset := uint64(head)
	for _, s := range []elf.Section64{{}, {Type: uint32(elf.SHT_PROGBITS), Addr: at, Size: uint64(len(data))},
		{Type: uint32(elf.SHT_STRTAB), Size: uint64(len(names))},
		{Type: uint32(elf.SHT_DYNSYM), Link: 2, Info: 1, Size: uint64(symbols.Len()), Entsize: uint64(entry)}} {
		s.Off = offset
		offset += s.Size
		if six {
			write(&sections, s)
		} else {
			write(&sections, elf.Section32{Type: s.Type, Addr: uint32(s.Addr), Off: uint32(s.Off), Size: uint32(s.Size), Link: s.Link, Info: s.Info, Entsize: uint32(s.Entsize)})
		}
	}
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(class), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	if six {
		write(&b, elf.Header64{Ident: ident, Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Shoff: offset, Ehsize: 64, Shentsize: 64, Shnum: 4, Shstrndx: 2})
	} else {
		write(&b, elf.Header32{Ident: ident, Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Shoff: uint32(offset), Ehsize: 52, Shentsize: 40, Shnum: 4, Shstrndx: 2})
	}
	return b.String() + string(data) + names + symbols.String() + sections.String()
}
