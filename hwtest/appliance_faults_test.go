package hwtest_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// startsAfter waits until another process is the daemon, and ready.
func (a *appliance) startsAfter(pid string) {
	a.Helper()
	a.until("the daemon has started again", func() bool {
		return a.property("MainPID") != pid && a.property("ActiveState") == "active"
	})
	a.wants(a.does("loopbridge ls"), "numbers")
}

// signals sends a signal to the daemon.
func (a *appliance) signals(s syscall.Signal, name string) (pid string) {
	a.Helper()
	pid = a.property("MainPID")
	fmt.Printf("# kill -%s %s\n", name, pid)
	n, err := strconv.Atoi(pid)
	if err == nil {
		err = syscall.Kill(n, s)
	}
	if err != nil {
		a.Fatalf("kill %s: %v", pid, err)
	}
	return pid
}

// outlivesHang: a daemon that does not move is ended by systemd's watchdog, and another is started.
func (a *appliance) outlivesHang() {
	const dropIn = "/run/systemd/system/loopbridge.service.d/watchdog.conf"
	a.does("mkdir -p $(dirname " + dropIn + "); printf '[Service]\\nWatchdogSec=6\\nTimeoutAbortSec=3\\n' >" + dropIn + "; systemctl daemon-reload; systemctl restart loopbridge")
	a.wants(a.does("systemctl show loopbridge -p WatchdogUSec"), "WatchdogUSec=6s\n")
	n := a.playsNumbers(120 * 48000)
	a.until("the daemon has lived for longer than the watchdog waits", func() bool { return n.arrived() > 20*48000 || n.player.over() })
	if got := a.property("NRestarts"); got != "0" {
		a.Errorf("the watchdog ends a daemon that works: %s starts", got)
	}
	pid := a.signals(syscall.SIGSTOP, "STOP")
	a.startsAfter(pid)
	n.player.fails()
	n.recorder.fails()
	a.wants(a.does("journalctl -q -b -o cat _PID=1 UNIT=loopbridge.service -n 12"), "Watchdog timeout (limit 6s)!", "Scheduled restart job")
	a.does("systemctl show loopbridge -p NRestarts,ActiveState,StatusText; rm -r $(dirname " + dropIn + "); systemctl daemon-reload; systemctl restart loopbridge")
}

// outlivesKill: a daemon that is killed is started again, and its settings are as they were.
func (a *appliance) outlivesKill() {
	a.does("loopbridge set main play.gain=200")
	n := a.playsNumbers(120 * 48000)
	a.startsAfter(a.signals(syscall.SIGKILL, "KILL"))
	n.player.fails()
	n.recorder.fails()
	a.does("systemctl show loopbridge -p NRestarts,ActiveState,StatusText")
	a.wants(a.does("loopbridge info main"), "200")
	a.does("loopbridge set main play.gain=255")
}

// startsByItsSocket: a program that connects starts a daemon that was stopped, and waits for it meanwhile.
func (a *appliance) startsByItsSocket() {
	a.does("systemctl stop loopbridge.service")
	if state := a.property("ActiveState"); state != "inactive" {
		a.Errorf("stopped, the daemon is %s", state)
	}
	a.playsNumbers(48000).areWhole()
	a.does("systemctl show loopbridge -p ActiveState,StatusText,TriggeredBy")
	a.does("systemctl stop loopbridge.service")
	a.wants(a.does("loopbridge ls"), "numbers")
	if state := a.property("ActiveState"); state != "active" {
		a.Errorf("after an operator has asked, the daemon is %s", state)
	}
}

// entry is what matters of one in the journal.
type entry struct {
	Priority string `json:"PRIORITY"`
	Message  any    `json:"MESSAGE"`
	Name     string `json:"SYSLOG_IDENTIFIER"`
	Unit     string `json:"_SYSTEMD_UNIT"`
}

// writesJournal: what the daemon has written has priorities and fields.
func (a *appliance) writesJournal() {
	a.does("journalctl -q -u loopbridge -o json _COMM=loopbridge -n 3")
	text, err := exec.Command("journalctl", "-q", "-o", "json", "_SYSTEMD_UNIT=loopbridge.service").Output()
	if err != nil {
		a.Fatalf("journalctl: %v", err)
	}
	priorities, fields := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(text)) {
		var e entry
		var all map[string]any
		if json.Unmarshal([]byte(line), &e) != nil || json.Unmarshal([]byte(line), &all) != nil {
			a.Fatalf("the journal has %s", line)
		}
		priorities[e.Priority]++
		for name := range all {
			if strings.HasPrefix(name, "LOOPBRIDGE_") {
				fields[name]++
			}
		}
	}
	a.say("lines of priority %v, fields %v", priorities, fields)
	for _, want := range []string{"3", "6"} {
		if priorities[want] == 0 {
			a.Errorf("no line has priority %s", want)
		}
	}
	for _, want := range []string{"LOOPBRIDGE_LOOP", "LOOPBRIDGE_PROGRAM", "LOOPBRIDGE_PID"} {
		if fields[want] == 0 {
			a.Errorf("no line has the field %s", want)
		}
	}
	a.does("journalctl -q -u loopbridge -o short-monotonic -p warning")
	a.does("journalctl -q LOOPBRIDGE_LOOP=numbers -n 3")
}
