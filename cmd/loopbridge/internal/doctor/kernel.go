package doctor

import (
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"time"
)

// kernelConfig returns the options that the kernel was built with, as KEY=value; ok is false if they are not to be found.
func (l *look) kernelConfig() (options map[string]string, where string, ok bool) {
	where = "boot/config-" + l.text("proc/sys/kernel/osrelease")
	text, err := l.read(where)
	if err != nil {
		where = "proc/config.gz"
		if text, err = l.unzip(where); err != nil {
			return nil, "", false
		}
	}
	options = map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, set := strings.Cut(strings.TrimSpace(line), "="); set && strings.HasPrefix(key, "CONFIG_") {
			options[strings.TrimPrefix(key, "CONFIG_")] = value
		}
	}
	return options, where, true
}

// unzip returns the text of a compressed file.
func (l *look) unzip(name string) (string, error) {
	f, err := l.Root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(z, most))
	return string(text), err
}

// kernelOptions reports options that sound cards need. Loops between programs need none.
func (l *look) kernelOptions() (found []Finding) {
	options, where, known := l.kernelConfig()
	if !known {
		return one(Note, "ls /boot/config-$(uname -r) /proc/config.gz", "the options of this kernel are not to be found")
	}
	has := func(key string) bool { return options[key] == "y" || options[key] == "m" }
	if !has("SND") || !has("SND_PCM") {
		const text = "this kernel has no sound cards (CONFIG_SND); loops between programs need none"
		if len(l.wishes()) > 0 && l.containerKind() == "" { // a container has none of its own
			found = append(found, one(Fault, "sudo apt install linux-image-$(dpkg --print-architecture)    # a kernel with sound", text)...)
		} else {
			found = append(found, one(Note, "", text)...)
		}
	} else if !has("SND_PROC_FS") {
		found = append(found, one(Note, "", "this kernel does not say who has a card (CONFIG_SND_PROC_FS)")...)
	}
	if options["HIGH_RES_TIMERS"] != "y" {
		found = append(found, one(Warning, "sudo apt install linux-image-$(dpkg --print-architecture)    # a kernel with them",
			"this kernel has no high-resolution timers: periods shorter than %s are uneven", jiffy(options["HZ"]))...)
	}
	if len(found) > 0 {
		return found
	}
	loopback := ""
	if has("SND_ALOOP") {
		loopback = "; it has snd-aloop, which loops do not need"
	}
	return fine("/%s: %s, %s Hz, high-resolution timers%s", where, l.preemption(options), options["HZ"], loopback)
}

// jiffy returns the length of a tick of the kernel.
func jiffy(hz string) string {
	if d, err := time.ParseDuration(hz + "s"); err == nil && d > 0 {
		return (time.Second * time.Second / d).String()
	}
	return "10ms"
}

// preemption returns how soon a thread interrupts what the kernel does.
func (l *look) preemption(options map[string]string) string {
	line := strings.Fields(l.text("proc/cmdline"))
	switch {
	case l.text("sys/kernel/realtime") == "1" || options["PREEMPT_RT"] == "y":
		return "fully preemptible (PREEMPT_RT)"
	case slices.Contains(line, "preempt=full"):
		return "preemptible (preempt=full)"
	case options["PREEMPT"] == "y":
		return "preemptible (PREEMPT)"
	case options["PREEMPT_DYNAMIC"] == "y":
		return "preemptible in part (preempt=full in the command line of the kernel makes it more so)"
	case options["PREEMPT_VOLUNTARY"] == "y":
		return "preemptible in part (PREEMPT_VOLUNTARY)"
	}
	return "not preemptible"
}

// coarse is a resolution of timers that only a kernel with a tick has.
const coarse = 500 * time.Microsecond

// timers reports timers that are off by a tick.
func (l *look) timers() []Finding {
	if l.Resolution == nil {
		return nil
	}
	resolution, err := l.Resolution()
	switch {
	case err != nil:
		return one(Note, "", "the kernel does not say how exact its timers are: %v", err)
	case resolution > coarse:
		return one(Warning, "cat /proc/cmdline    # without highres=off they are exact",
			"timers are exact to %v only: shorter periods are uneven", resolution)
	}
	return fine("timers are exact to %v", resolution)
}

// clockSource reports a clock that takes long to read, or is none to rely on.
func (l *look) clockSource() []Finding {
	const at = "sys/devices/system/clocksource/clocksource0/"
	current := l.text(at + "current_clocksource")
	available := strings.Fields(l.text(at + "available_clocksource"))
	switch current {
	case "":
		return nil
	case "hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit":
		i := slices.IndexFunc(available, func(s string) bool { return s == "tsc" || s == "arch_sys_counter" })
		if i < 0 {
			return one(Warning, "sudo dmesg | grep -i -E 'tsc|clocksource'    # why the kernel does not trust it",
				"the clock is %s, which is slow to read: each cycle of a device costs more", current)
		}
		return one(Warning, "echo "+available[i]+" | sudo tee /"+at+"current_clocksource",
			"the clock is %s, which is slow to read: each cycle of a device costs more", current)
	}
	return fine("the clock is %s", current)
}
