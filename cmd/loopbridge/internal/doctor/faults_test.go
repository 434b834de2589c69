package doctor

import (
	"context"
	"debug/elf"
	"errors"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// fault is what is wrong with a machine, and what the doctor says of it.
type fault struct {
	change func(*fake)
	check  string
	level  Level
	words  string
	remedy string
}

// env sets a variable of the environment.
func (f *fake) env(name, value string) {
	before := f.Getenv
	f.Getenv = func(n string) string {
		if n == name {
			return value
		}
		return before(n)
	}
}

// silence takes the daemon away.
func (f *fake) silence() {
	f.remove("proc/700/comm")
	f.daemon.err = audio.ErrNoDaemon.With("no daemon on %s: start one", socket)
}

// limited gives the daemon another limit.
func limited(from, to string) func(*fake) {
	return func(f *fake) { f.file("proc/700/limits", strings.ReplaceAll(limits, from, to)) }
}

// rests closes the card.
func (f *fake) rests() { f.file("proc/asound/card0/pcm0p/sub0/status", "closed\n") }

// held gives the card to a program.
func held(name string) func(*fake) {
	return func(f *fake) {
		f.process(812, name, "/usr/bin/"+name)
		f.process(815, "thread", "/usr/bin/"+name)
		f.file("proc/815/status", "Name:\tthread\nTgid:\t812\n")
		f.file("proc/asound/card0/pcm0p/sub0/status", "state: RUNNING\nowner_pid   : 815\n")
	}
}

func both(changes ...func(*fake)) func(*fake) {
	return func(f *fake) {
		for _, change := range changes {
			change(f)
		}
	}
}

func faults() map[string]fault {
	silent := (*fake).silence
	file := func(name, text string) func(*fake) { return func(f *fake) { f.file(name, text) } }
	env := func(name, value string) func(*fake) { return func(f *fake) { f.env(name, value) } }
	return map[string]fault{
		"no daemon": {silent, "daemon/reach", Fault, "no daemon on " + socket, "loopbridge serve &"},
		"no daemon, a unit": {both(silent, file("lib/systemd/system/loopbridge.service", ""), file("run/systemd/system/x", "")),
			"daemon/reach", Fault, "no daemon", "sudo systemctl enable --now loopbridge"},
		"another socket": {func(f *fake) {
			f.daemon.err = audio.ErrNoDaemon.With("no daemon")
			f.process(700, "loopbridge", "loopbridge", "--socket=/tmp/s", "serve")
		}, "daemon/reach", Fault, "one runs on /tmp/s, as pid 700", "loopbridge --socket /tmp/s doctor"},
		"refused": {func(f *fake) {
			f.daemon.err = audio.ErrPermission.With("you may not use the daemon on %s as user 1000", socket)
			f.owned(socket[1:], "", 999, audioG)
			f.file("etc/group", "audio:x:29:\n")
		}, "daemon/reach", Fault, "you may not use the daemon", "sudo usermod -aG audio ann"},
		"another user's daemon": {func(f *fake) {
			f.daemon.err = audio.ErrNoDaemon.With("no daemon on %s", socket)
			f.process(700, "loopbridge", "loopbridge", "serve")
			f.file("proc/700/status", strings.ReplaceAll(status, "1000", "1001"))
		}, "daemon/reach", Fault, "user bob has one, as pid 700", "loopbridge serve &"},
		"another socket, by the configuration": {func(f *fake) {
			f.daemon.err = audio.ErrNoDaemon.With("no daemon on %s", socket)
			f.file("etc/loopbridge/loopbridge.toml", "[daemon]\nsocket = \"/srv/my loops/s\"\n")
		}, "daemon/reach", Fault, "one runs on /srv/my loops/s, as pid 700", "loopbridge --socket '/srv/my loops/s' doctor"},
		"stopped": {func(f *fake) {
			f.daemon.err = audio.ErrTimedOut.With("the daemon has not answered for 2s")
			f.file("proc/700/status", strings.ReplaceAll(status, "S (sleeping)", "T (stopped)"))
		}, "daemon/reach", Fault, "the daemon is stopped (pid 700)", "kill -CONT 700"},
		"hangs": {func(f *fake) { f.daemon.err = audio.ErrTimedOut.With("the daemon has not answered for 2s") },
			"daemon/reach", Fault, "has not answered", "kill 700"},

		"su": {func(f *fake) { silent(f); f.file("proc/self/status", strings.ReplaceAll(status, "1000", "1001")) },
			"daemon/runtime-dir", Warning, "belongs to user ann", "unset XDG_RUNTIME_DIR"},
		"sudo": {both(silent, env("XDG_RUNTIME_DIR", ""), env("SUDO_UID", "1000"), func(f *fake) { f.Socket = "/run/loopbridge/loopbridge.sock" }),
			"daemon/runtime-dir", Warning, "sudo has dropped XDG_RUNTIME_DIR", "loopbridge --socket " + socket + " doctor"},
		"no folder":       {both(silent, env("XDG_RUNTIME_DIR", "/run/user/7")), "daemon/runtime-dir", Warning, "is not there", "export XDG_RUNTIME_DIR=/run/user/1000"},
		"relative folder": {both(silent, env("XDG_RUNTIME_DIR", "run")), "daemon/runtime-dir", Warning, "no absolute path", "export XDG_RUNTIME_DIR=/run/user/1000"},
		"long folder":     {both(silent, env("XDG_RUNTIME_DIR", "/"+strings.Repeat("x", 100))), "daemon/runtime-dir", Warning, "too long", "export XDG"},
		"stale variable": {both(env("LOOPBRIDGE_SOCKET", "/tmp/gone"), func(f *fake) { f.Socket = "/tmp/gone"; f.daemon.err = audio.ErrNoDaemon.With("no daemon") }),
			"daemon/runtime-dir", Warning, "where no daemon answers", "unset LOOPBRIDGE_SOCKET"},

		"other protocol": {func(f *fake) { f.daemon.about.Protocol = 1 }, "daemon/versions", Fault, "speaks protocol version 1", "kill 700"},
		"other release":  {func(f *fake) { f.daemon.about.Version = "1.1" }, "daemon/versions", Warning, "the daemon is 1.1 and this program 1.2", "kill 700"},
		"old daemon":     {func(f *fake) { f.daemon.about = api.Version{} }, "daemon/versions", Warning, "does not say its version", "kill 700"},
		"replaced": {func(f *fake) {
			f.link("proc/700/exe", "/usr/bin/loopbridge (deleted)")
			f.file("proc/700/cgroup", "0::/system.slice/loopbridge.service\n")
		}, "daemon/replaced", Warning, "from before an update", "sudo systemctl restart loopbridge"},
		"two daemons": {func(f *fake) { f.process(701, "loopbridge", "loopbridge", "serve") }, "daemon/duplicates", Warning, "2 daemons run", "kill 701"},

		"device lost":  {func(f *fake) { f.daemon.devices[1].Error = "it was unplugged" }, "daemon/devices", Fault, "it was unplugged", "loopbridge devices"},
		"stand-in":     {func(f *fake) { f.daemon.devices[1].Hardware.RunsOn = "null" }, "daemon/devices", Fault, "device main has no card now", "loopbridge devices"},
		"xruns":        {func(f *fake) { f.daemon.devices[1].Hardware.Xruns = 3 }, "daemon/devices", Warning, "3 xruns", "loopbridge watch main"},
		"late program": {func(f *fake) { f.daemon.loops[0].Clients[0].Xruns = 9 }, "daemon/loops", Warning, "mpv (800) in speaker 9 times", "loopbridge watch speaker"},
		"route refused": {func(f *fake) {
			f.daemon.routes[0] = api.Route{Name: "talk", State: "waiting", WaitsFor: "desk/record", Error: "it cannot record"}
		}, "daemon/routes", Fault, "waits for desk/record: it cannot record", "loopbridge info route/talk"},
		"route not locked": {func(f *fake) { f.daemon.routes[0].Clock.State = "acquiring" }, "daemon/routes", Warning, "not locked", "loopbridge info route/talk"},
		"route lost":       {func(f *fake) { f.daemon.routes[0].Clock.Resyncs = 4 }, "daemon/routes", Warning, "lost its place 4 times", "loopbridge info route/talk"},

		"bad configuration":  {file("etc/loopbridge/loopbridge.toml", "[daemon]\nlog = \"loud\"\n"), "configuration/file", Fault, "loopbridge.toml:2:7", "loopbridge check /etc/"},
		"nodes without CUSE": {file("etc/loopbridge/loopbridge.toml", "[nodes]\nmake = true\n"), "permissions/device-nodes", Fault, "no /dev/cuse", "modprobe cuse"},
		"nodes without permission": {func(f *fake) {
			f.file("etc/loopbridge/loopbridge.toml", "[nodes]\nmake = true\n")
			f.file("dev/cuse", "")
			f.closed["/dev/cuse"] = true
		}, "permissions/device-nodes", Fault, "may not open /dev/cuse", "systemd-sysusers"},
		"network in the sandbox": {both(file("etc/loopbridge/loopbridge.toml", "[daemon]\ndiscover = true\n"), file("usr/lib/systemd/system/loopbridge.service", "[Service]\n"),
			file("usr/share/doc/loopbridge/configs/network.conf", "")), "permissions/network", Fault, "which the unit of the daemon forbids",
			"sudo systemctl edit loopbridge    # /usr/share/doc/loopbridge/configs/network.conf has the lines"},
		"no interface": {both(file("etc/loopbridge/loopbridge.toml", "[[device]]\nname = \"net\"\nbackend = \"rtp\"\n[device.send]\naddress = \"239.1.1.1:5004\"\ninterface = \"eth9\"\n"),
			file("sys/class/net/eth0", "")), "permissions/network", Fault, "device net wants the network interface eth9", "ip link"},
		"no time of PTP": {both(file("etc/loopbridge/loopbridge.toml", "[[device]]\nname = \"net\"\nbackend = \"rtp\"\n[device.receive]\naddress = \"239.1.1.1:5004\"\nclock = \"ptp\"\n"),
			func(f *fake) { f.PTP = func() error { return audio.ErrNoDevice.With("the clock is not synchronised") } }), "permissions/network", Fault,
			"device net wants the clock of PTP: the clock is not synchronised", "sudo ptp4l"},
		"nothing from the network": {func(f *fake) {
			f.file("etc/loopbridge/loopbridge.toml", "[[device]]\nname = \"main\"\nbackend = \"rtp\"\n[device.receive]\naddress = \"239.1.1.1:5004\"\n")
			f.daemon.devices[1].Hardware.RunsOn = "null"
		}, "daemon/devices", Warning, "device main hears nothing from the network", "loopbridge watch main"},
		"no configuration": {func(f *fake) { f.Config = "/nowhere.toml" }, "configuration/file", Fault, "nowhere.toml", "loopbridge check /nowhere.toml"},
		"damaged state":    {file("home/ann/state.json", "{"), "configuration/state", Warning, "is damaged", "sudo mv /home/ann/state.json"},
		"closed state":     {func(f *fake) { f.closed["/home/ann"] = true }, "configuration/state", Warning, "/home/ann cannot be written", "sudo chown ann /home/ann"},
		"full disk":        {func(f *fake) { f.Free = func(string) (uint64, error) { return 0, nil } }, "configuration/state", Warning, "is full", "df -h /home/ann"},

		"no permission on cards": {both(silent, func(f *fake) { f.closed["/dev/snd/pcmC0D0p"] = true; f.file("etc/group", "audio:x:29:\n") }),
			"permissions/nodes", Fault, "may not open /dev/snd/pcmC0D0p", "sudo usermod -aG audio ann"},
		"no nodes":            {func(f *fake) { f.remove("dev/snd/controlC0", "dev/snd/pcmC0D0p", "dev/snd/pcmC0D0c") }, "permissions/nodes", Fault, "was not given them", "podman run --device /dev/snd"},
		"not logged in again": {file("proc/self/status", strings.ReplaceAll(status, "29 ", "")), "permissions/group", Warning, "has joined group audio", "newgrp audio"},

		"ordinary thread": {func(f *fake) { f.daemon.devices[1].Hardware.Thread = "not real-time: operation not permitted" }, "real time/threads", Warning, "device main is not real-time", "echo '@audio - rtprio 20'"},
		"no priority":     {limited("95", "0"), "real time/priority", Warning, "gets no real-time threads", "echo '@audio - rtprio 20'"},
		"no priority in the unit": {both(limited("95", "0"), file("proc/700/cgroup", "0::/system.slice/loopbridge.service\n")), "real time/priority", Warning,
			"gets no real-time threads", "sudo systemctl revert loopbridge && sudo systemctl restart loopbridge"},
		"no priority here": {both(silent, func(f *fake) { f.RealTime = func() error { return errors.New("no") } }), "real time/priority", Warning, "a daemon of this user gets no", "rtprio"},
		"no share of real time": {both(silent, func(f *fake) { f.RealTime = func() error { return errors.New("no") } },
			file("boot/config-6.1.0-48-amd64", "CONFIG_RT_GROUP_SCHED=y\n")), "real time/priority", Warning, "CONFIG_RT_GROUP_SCHED", "sudo sysctl kernel.sched_rt_runtime_us=-1"},
		"no time":           {file("proc/sys/kernel/sched_rt_runtime_us", "0\n"), "real time/throttling", Warning, "no time", "sudo sysctl"},
		"memory not locked": {limited("unlimited", "8388608"), "real time/memory", Warning, "lock only 8192 KiB", "echo '@audio - memlock unlimited'"},
		"few descriptors":   {limited("524288", "256"), "real time/descriptors", Warning, "room for 25 pairs", "echo '@audio - nofile 65536'"},
		"descriptors used up": {both(limited("524288", "1024"), func(f *fake) {
			for i := range 900 {
				f.file(proc(700, "fd/"+time.Duration(i).String()), "")
			}
		}), "real time/descriptors", Warning, "and uses 901", "nofile"},

		"card missing": {file("proc/asound/cards", ""), "cards/cards", Fault, "device main has no card", "loopbridge devices"},
		"fallback": {both((*fake).rests, file("etc/loopbridge/loopbridge.toml", strings.ReplaceAll(conf, `"usb:0d8c:0014"`, `"id:PCH"`+"\nfallback = [\"id:Device\"]"))),
			"cards/cards", Warning, "has to do with a fallback", "loopbridge devices"},
		"PulseAudio has the card": {held("pulseaudio"), "cards/holders", Fault, "pulseaudio has hw:0,0, and plays (pid 812): device main",
			"pactl set-card-profile alsa_card.pci-0000_00_14.0-usb-0_3_1.0 off"},
		"PipeWire has the card": {both(held("pipewire"), file("run/udev/data/+sound:card0", "E:ID_PATH=pci-1\nE:ID_ID=usb-C-Media_USB-00\n")),
			"cards/holders", Fault, "pipewire has hw:0,0", "pactl set-card-profile alsa_card.usb-C-Media_USB-00 off"},
		"JACK has the card":   {held("jackd"), "cards/holders", Fault, "jackd has hw:0,0", "kill 812"},
		"D-Bus JACK":          {held("jackdbus"), "cards/holders", Fault, "jackdbus has hw:0,0", "jack_control stop"},
		"a player has a card": {both(held("sox"), silent, func(f *fake) { f.remove("etc/loopbridge/loopbridge.toml") }), "cards/holders", Warning, "sox has hw:0,0", "kill 812"},
		"an idle program has the card": {func(f *fake) {
			f.process(812, "ardour", "/usr/bin/ardour")
			f.link("proc/812/fd/9", "/dev/snd/pcmC0D0p")
			f.rests()
		}, "cards/holders", Fault, "ardour has hw:0,0, and plays (pid 812)", "kill 812"},
		"a program has what is not wanted": {func(f *fake) {
			f.process(812, "ardour", "/usr/bin/ardour")
			f.link("proc/812/fd/9", "/dev/snd/pcmC0D0c")
		}, "cards/holders", OK, "ardour has hw:0,0, and records (pid 812); the daemon does not want it", ""},
		"autosuspend": {file(usbDevice+"power/control", "auto\n"), "cards/autosuspend", Warning, "is switched off while it rests", "tee /sys/bus/usb/devices/1-3/power/control"},

		"no plugin":        {func(f *fake) { f.remove(libraries + "alsa-lib/" + pcmLibrary) }, "alsa-lib/plugin", Warning, "64-bit programs (x86_64) cannot open loops", "make plugin &&"},
		"no 32-bit plugin": {func(f *fake) { f.remove(libraries32 + "alsa-lib/" + pcmLibrary) }, "alsa-lib/plugin", Warning, "32-bit programs (386) cannot open loops", "make plugin plugin32"},
		"other protocol of the plugin": {both(file(libraries+"alsa-lib/"+pcmLibrary, library(elf.ELFCLASS64, 1, "1.1")), file("var/lib/dpkg/info/loopbridge.list", "")),
			"alsa-lib/plugin", Fault, "speaks protocol version 1 and the daemon 2", "sudo apt install --reinstall loopbridge"},
		"other release of the plugin": {file(libraries+"alsa-lib/"+ctlLibrary, library(elf.ELFCLASS64, 2, "1.1")), "alsa-lib/plugin", Warning, "is of release 1.1, and this program 1.2", "make plugin"},
		"old plugin":                  {file(libraries+"alsa-lib/"+pcmLibrary, library(elf.ELFCLASS64, 0, "")), "alsa-lib/plugin", Warning, "of an older release", "make plugin"},
		"plugin of another size":      {file(libraries+"alsa-lib/"+pcmLibrary, library(elf.ELFCLASS32, 2, "1.2")), "alsa-lib/plugin", Fault, "is for 32-bit programs", "make plugin"},
		"damaged plugin":              {file(libraries+"alsa-lib/"+pcmLibrary, "\x7fELF"), "alsa-lib/plugin", Fault, "is damaged", "make plugin"},
		"name not known":              {func(f *fake) { f.remove("etc/alsa/conf.d/" + pluginConf) }, "alsa-lib/configuration", Warning, "does not know the name", "make plugin"},
		"cut configuration":           {file("etc/alsa/conf.d/"+pluginConf, "pcm_type.loopbridge {\n"), "alsa-lib/configuration", Fault, "is cut off", "make plugin"},
		"library by path":             {file("etc/alsa/conf.d/"+pluginConf, "pcm_type.loopbridge { lib \"/usr/lib/x.so\" }\n"), "alsa-lib/configuration", Warning, "by its path", "make plugin"},
		"not loaded":                  {file("usr/share/alsa/alsa.conf", "\n"), "alsa-lib/configuration", Fault, "does not load", "libasound2-data"},
		"not listed":                  {func(f *fake) { f.PCMs = func(context.Context) (string, error) { return "null\n", nil } }, "alsa-lib/configuration", Fault, "does not list loopbridge", "aplay -L"},
		"other alsa.conf":             {env("ALSA_CONFIG_PATH", "/tmp/x"), "alsa-lib/configuration", Warning, "ALSA_CONFIG_PATH is /tmp/x", "unset ALSA_CONFIG_PATH"},

		"kernel without sound":  {file("boot/config-6.1.0-48-amd64", "CONFIG_HIGH_RES_TIMERS=y\n"), "kernel/options", Fault, "no sound cards", "sudo apt install linux-image"},
		"kernel with a tick":    {file("boot/config-6.1.0-48-amd64", "CONFIG_SND=y\nCONFIG_SND_PCM=y\nCONFIG_SND_PROC_FS=y\nCONFIG_HZ=100\n"), "kernel/options", Warning, "shorter than 10ms", "sudo apt"},
		"kernel of no record":   {func(f *fake) { f.remove("boot/config-6.1.0-48-amd64") }, "kernel/options", Note, "not to be found", "ls /boot"},
		"coarse timers":         {func(f *fake) { f.Resolution = func() (time.Duration, error) { return 4 * time.Millisecond, nil } }, "kernel/timers", Warning, "exact to 4ms only", "cat /proc/cmdline"},
		"slow clock":            {file("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n"), "kernel/clock", Warning, "the clock is hpet", "echo tsc | sudo tee"},
		"slow clock, no better": {both(file("sys/devices/system/clocksource/clocksource0/current_clocksource", "acpi_pm\n"), file("sys/devices/system/clocksource/clocksource0/available_clocksource", "acpi_pm\n")), "kernel/clock", Warning, "the clock is acpi_pm", "sudo dmesg"},

		"powersave": {file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"), "machine/governor", Warning, "1 of 1 processors", "echo performance | sudo tee"},
		"a container without cards": {both(file(".dockerenv", ""), func(f *fake) {
			f.remove("proc/asound/cards", "dev/snd/controlC0", "dev/snd/pcmC0D0p", "dev/snd/pcmC0D0c")
		}), "machine/container", Fault, "container (docker) without /dev/snd", "podman run --device"},
		"a virtual machine": {file("sys/class/dmi/id/sys_vendor", "QEMU\n"), "machine/virtual", Note, "virtual machine (qemu)", ""},
	}
}
