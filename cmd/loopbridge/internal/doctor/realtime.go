package doctor

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/sched"
)

// leastFiles is the limit of descriptors below which a daemon is soon full: a pair of programs takes about ten.
const leastFiles, perPair = 1024, 10

// threads reports devices of the daemon whose threads are ordinary.
func (l *look) threads() (found []Finding) {
	var well []string
	for _, d := range l.devices {
		switch {
		case d.Hardware == nil || d.Hardware.Thread == "":
		case strings.HasPrefix(d.Hardware.Thread, sched.NotRealtime):
			found = append(found, one(Warning, l.raise("rtprio", sched.Priority), "the thread of device %s is %s", d.Name, d.Hardware.Thread)...)
		default:
			well = append(well, d.Name)
		}
	}
	if len(well) > 0 {
		found = append(found, fine("the threads of %s are real-time", list(well))...)
	}
	return found
}

// subject returns whose limits matter: those of the daemon, or else of this process, which may become one.
func (l *look) subject() (pid int, name string) {
	if p, known := l.running(); known {
		return p.pid, fmt.Sprintf("the daemon (pid %d)", p.pid)
	}
	return 0, "a daemon of this user"
}

// raise returns the command that lifts a limit of limits.conf(5).
func (l *look) raise(item string, to any) string {
	if p, known := l.running(); known {
		if is, user := p.unit(); is && !user {
			return "sudo systemctl revert loopbridge && " + p.restart() + "    # the unit asks for it"
		}
	}
	return fmt.Sprintf("echo '@audio - %s %v' | sudo tee /etc/security/limits.d/audio-%s.conf", item, to, item)
}

// priority reports whether a thread can have real-time priority.
func (l *look) priority() []Finding {
	pid, name := l.subject()
	limit, known := l.resource(pid, "Max realtime priority")
	allowed := l.capable(pid, sysNice) || known && (limit == unlimited || limit >= sched.Priority)
	if pid == 0 && l.RealTime != nil {
		if l.RealTime() == nil {
			return fine("%s gets real-time threads: SCHED_FIFO is granted here", name)
		}
		if options, _, _ := l.kernelConfig(); allowed && options["RT_GROUP_SCHED"] == "y" {
			return one(Warning, "sudo sysctl kernel.sched_rt_runtime_us=-1",
				"%s gets no real-time threads: this kernel gives them to groups of processes (CONFIG_RT_GROUP_SCHED), and this one has none", name)
		}
	} else if allowed {
		return fine("%s may have real-time threads", name)
	}
	if pid != 0 && !known {
		return l.unread("the limits of " + name)
	}
	if l.RTKit == nil {
		return one(Warning, l.raise("rtprio", sched.Priority), "%s gets no real-time threads (its limit is %d)", name, limit)
	}
	most, err := l.RTKit(l.ctx)
	if err == nil {
		return fine("%s gets real-time threads from rtkit, up to priority %d", name, most)
	}
	return one(Warning, l.raise("rtprio", sched.Priority), "%s gets no real-time threads for cards (its limit is %d), nor from rtkit: %v", name, limit, err)
}

// throttling reports a kernel that lets no real-time thread run.
func (l *look) throttling() []Finding {
	switch l.text("proc/sys/kernel/sched_rt_runtime_us") {
	case "":
		return nil
	case "0":
		return one(Warning, "sudo sysctl kernel.sched_rt_runtime_us=950000", "the kernel gives real-time threads no time")
	}
	return fine("the kernel lets real-time threads run")
}

// memory reports whether the daemon can keep its memory from being swapped out.
func (l *look) memory() []Finding {
	pid, name := l.subject()
	limit, known := l.resource(pid, "Max locked memory")
	switch {
	case !known:
		return l.unread("the limits of " + name)
	case limit == unlimited || l.capable(pid, ipcLock):
		return fine("%s may lock its memory", name)
	case !l.swaps():
		return fine("%s may lock %d KiB of memory, and nothing is swapped out here", name, limit>>10)
	}
	return one(Warning, l.raise("memlock", "unlimited"), "%s may lock only %d KiB of memory: the rest can be swapped out, and sound then waits", name, limit>>10)
}

// swaps reports whether the machine has swap, also if that is unknown.
func (l *look) swaps() bool {
	text, err := l.read("proc/swaps")
	return err != nil || strings.Count(strings.TrimSpace(text), "\n") > 0
}

// descriptors reports whether the daemon has room for programs.
func (l *look) descriptors() []Finding {
	pid, name := l.subject()
	limit, known := l.resource(pid, "Max open files")
	if !known {
		return l.unread("the limits of " + name)
	}
	used, seen := l.openFiles(pid)
	text := ""
	if seen && pid != 0 {
		text = fmt.Sprintf(", and uses %d", used)
	}
	if limit != unlimited && (limit < leastFiles || seen && pid != 0 && int64(used)*5 > limit*4) {
		return one(Warning, l.raise("nofile", "65536"), "%s may have %d descriptors%s: that is room for %d pairs of programs", name, limit, text, limit/perPair)
	}
	return fine("%s has descriptors enough for its programs%s", name, text)
}
