package doctor

import (
	"path"
	"slices"
	"strings"
)

// governor reports processors that are kept slow.
func (l *look) governor() []Finding {
	const at = "sys/devices/system/cpu/"
	slow, all := 0, l.glob(at+"cpu[0-9]*/cpufreq/scaling_governor")
	for _, name := range all {
		driver := l.text(path.Join(path.Dir(name), "scaling_driver"))
		// With these, "powersave" is a name for what the hardware decides.
		own := driver == "intel_pstate" || strings.HasPrefix(driver, "amd-pstate-epp") || driver == "amd_pstate_epp"
		if l.text(name) == "powersave" && !own {
			slow++
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case slow > 0:
		return one(Warning, "echo performance | sudo tee /"+at+"cpu*/cpufreq/scaling_governor",
			"%d of %d processors are kept at their lowest speed (governor powersave): cycles end late", slow, len(all))
	}
	return fine("processors run as fast as is needed (governor %s)", l.text(all[0]))
}

// container reports the container that this runs in.
func (l *look) container() []Finding {
	kind := l.containerKind()
	if kind == "" {
		return fine("this is no container")
	}
	if len(l.cards) == 0 && len(l.wishes()) > 0 && !l.exists("dev/snd") { // they hide /proc/asound
		return one(Fault, "podman run --device /dev/snd --network host IMAGE    # or the same for docker",
			"this is a container (%s) without /dev/snd, and the configuration wants a card", kind)
	}
	return fine("this is a container (%s): users, groups and limits are those that it was given", kind)
}

// containerKind returns what runs the container, "" outside of one.
func (l *look) containerKind() string {
	named := l.text("run/systemd/container")
	cgroup := l.text("proc/1/cgroup") + l.text("proc/self/cgroup")
	switch {
	case named != "":
		return named
	case l.exists("run/.containerenv"):
		return "podman"
	case l.exists(".dockerenv"):
		return "docker"
	case l.exists("run/host/container-manager"):
		return l.text("run/host/container-manager")
	case l.exists("proc/vz") && !l.exists("proc/bc"):
		return "openvz"
	case strings.Contains(strings.ToLower(l.text("proc/sys/kernel/osrelease")), "microsoft"):
		return "wsl"
	}
	for _, kind := range []string{"docker", "libpod", "kubepods", "lxc", "machine.slice"} {
		if strings.Contains(cgroup, kind) {
			return kind
		}
	}
	environ, _ := l.read("proc/1/environ")
	for entry := range strings.SplitSeq(environ, "\x00") {
		if kind, ok := strings.CutPrefix(entry, "container="); ok {
			return kind
		}
	}
	return ""
}

// virtual reports a virtual machine.
func (l *look) virtual() []Finding {
	kind := l.hypervisor()
	if kind == "" {
		return fine("this is no virtual machine")
	}
	return one(Note, "", "this is a virtual machine (%s): it may stop for some ms at any time, so short periods have xruns", kind)
}

// hypervisor returns what runs the virtual machine, "" on hardware.
func (l *look) hypervisor() string {
	if kind := l.text("sys/hypervisor/type"); kind != "" {
		return kind
	}
	var dmi strings.Builder
	for _, name := range []string{"sys_vendor", "product_name", "board_vendor", "bios_vendor", "product_version"} {
		dmi.WriteString(l.text("sys/class/dmi/id/"+name) + "\n")
	}
	for _, known := range [][2]string{
		{"KVM", "kvm"}, {"OpenStack", "kvm"}, {"KubeVirt", "kvm"}, {"Amazon EC2", "amazon"}, {"QEMU", "qemu"}, {"VMware", "vmware"},
		{"innotek GmbH", "virtualbox"}, {"VirtualBox", "virtualbox"}, {"Xen", "xen"}, {"Bochs", "bochs"}, {"Parallels", "parallels"},
		{"BHYVE", "bhyve"}, {"Hyper-V", "hyper-v"}, {"Google Compute Engine", "google"}, {"Virtual Machine", "hyper-v"},
	} {
		if strings.Contains(dmi.String(), known[0]) {
			return known[1]
		}
	}
	if compatible := l.text("proc/device-tree/hypervisor/compatible"); compatible != "" {
		return strings.TrimRight(compatible, "\x00")
	}
	clocks := l.text("sys/devices/system/clocksource/clocksource0/available_clocksource")
	for _, known := range [][2]string{{"kvm-clock", "kvm"}, {"hyperv", "hyper-v"}, {"xen", "xen"}} {
		if strings.Contains(clocks, known[0]) {
			return known[1]
		}
	}
	for line := range strings.Lines(l.text("proc/cpuinfo")) {
		if flags, ok := strings.CutPrefix(line, "flags"); ok {
			if slices.Contains(strings.Fields(flags), "hypervisor") {
				return "of an unknown kind"
			}
			return ""
		}
	}
	return ""
}
