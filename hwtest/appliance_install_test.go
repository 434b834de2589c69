package hwtest_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
)

// applianceConfig is the configuration of an appliance with a card. Its buffer of 120 ms is for the machine, a computer of 250 MIPS
// with one processor that apt keeps busy: 30 ms run dry sometimes when a new program has just taken over.
const applianceConfig = `[daemon]
group = "audio"

[[device]]
name = "main"
backend = "alsa"
card = "id:HDA"
period = "960"
periods = 6
required = true

[[loop]]
name = "speaker"
server = { device = "main", side = "play" }

[[loop]]
name = "numbers"
`

// cardBuffer is what the card of it holds, in frames.
const cardBuffer = 6 * 960

const configFile = "/etc/loopbridge/loopbridge.toml"

// installs: the daemon runs at once, and with the machine from then on.
func (a *appliance) installs() {
	a.apt(releases()[0])
	const units = "loopbridge.socket loopbridge-control.socket loopbridge.service"
	for _, unit := range strings.Fields(units) {
		if got := strings.TrimSpace(a.does("systemctl is-enabled " + unit)); got != "enabled" {
			a.Errorf("%s is %s", unit, got)
		}
	}
	a.does("systemctl is-active " + units)
	a.wants(a.does("systemctl show loopbridge -p Type,ActiveState,SubState,Result,StatusText,DynamicUser,User,Group,WatchdogUSec,Restart,NRestarts,Sockets"),
		"Type=notify\n", "ActiveState=active\n", "SubState=running\n", "DynamicUser=yes\n", "StatusText=4 loops, 0 programs, 0 xruns\n", "WatchdogUSec=1min\n")
	a.wants(a.does("systemctl list-sockets --no-legend 'loopbridge*'"), "/run/loopbridge/loopbridge.sock ", "/run/loopbridge/loopbridge.sock.control ")
	a.wants(a.does("ls -l /run/loopbridge"), "srw-rw---- 1 root audio", " loopbridge.sock\n", " loopbridge.sock.control\n")
	a.does(`grep -E "^(Uid|Gid|CapEff|NoNewPrivs|Seccomp):" "/proc/$(systemctl show --value -p MainPID loopbridge)/status"`)
	a.wants(a.does("loopbridge version --json; loopbridge ls"), releases()[0], "loop3")
	a.does("systemctl status loopbridge")
}

// isClosed has systemd rate the unit, as it is on this machine.
func (a *appliance) isClosed() {
	out := a.does("systemd-analyze security loopbridge")
	found := regexp.MustCompile(`Overall exposure level for loopbridge.service: ([0-9.]+)`).FindStringSubmatch(out)
	if found == nil {
		a.Fatalf("there is no rating")
	}
	if rating, err := strconv.ParseFloat(found[1], 64); err != nil || rating > 1.5 {
		a.Errorf("systemd rates it %s, want 1.5 at most", found[1])
	}
	a.say("exposure %s", found[1])
}

// configure puts a file in the place of the configuration, as a whole.
func (a *appliance) configure(text string) {
	a.Helper()
	err := os.WriteFile(configFile+".new", []byte(text), 0o644)
	if err == nil {
		err = os.Rename(configFile+".new", configFile)
	}
	if err != nil {
		a.Fatalf("%v", err)
	}
}

// takesItsCard: what a new file says is so without a restart.
func (a *appliance) takesItsCard() {
	a.configure(applianceConfig)
	pid := a.property("MainPID")
	a.does("loopbridge check " + configFile)
	a.does("loopbridge check --diff " + configFile)
	a.does("systemctl reload loopbridge")
	if now := a.property("MainPID"); now != pid || pid == "0" {
		a.Errorf("the daemon was process %s before, and is %s", pid, now)
	}
	a.wants(a.does("loopbridge devices"), "main", "id:HDA")
	if out := a.does("loopbridge ls"); strings.Contains(out, "loop3") || !strings.Contains(out, "speaker") {
		a.Errorf("the loops are not those of the new file")
	}
	a.wants(a.does("systemctl show loopbridge -p ActiveState,StatusText"), "ActiveState=active\n", "StatusText=2 loops, 0 programs, 0 xruns\n")
}

// refusesWrongFile: a reload fails, says why, and changes nothing.
func (a *appliance) refusesWrongFile() {
	a.configure(strings.Replace(applianceConfig, `period = "960"`, `period = "tomorrow"`, 1) + "gain = 300\n")
	before := a.does("loopbridge ls --json")
	if _, err := a.tries("systemctl reload loopbridge"); err == nil {
		a.Errorf("a reload with a wrong file succeeds")
	}
	a.wants(a.does("systemctl status loopbridge || true"), "loopbridge.toml:")
	a.wants(a.does("journalctl -q -u loopbridge -n 20 -o cat"), "loopbridge.toml:")
	if after := a.does("loopbridge ls --json"); after != before {
		a.Errorf("the loops have changed")
	}
	a.configure(applianceConfig)
	a.does("systemctl reload loopbridge")
}

// hasDoctor has the doctor look at the machine.
func (a *appliance) hasDoctor() { a.wants(a.does("loopbridge doctor"), "Nothing is wrong.") }

// isPurged: nothing of it is left.
func (a *appliance) isPurged() {
	a.does("apt-get purge -q -y loopbridge")
	// dpkg and apt keep what happened, the journal too.
	if left := a.does("find / -xdev -iname '*loopbridge*' -not -path '/var/log/*'; " +
		"find /run /tmp /var/tmp -iname '*loopbridge*' -not -path '/run/lab*' -not -path '/run/program/*' -not -path '/run/udev/*'"); left != "" {
		a.Errorf("a purge leaves %q", left)
	}
	a.wants(a.does("ls -A /var/lib/private | wc -l"), "0\n")
	if left := a.does("systemctl list-units --all --no-legend 'loopbridge*'; systemctl list-unit-files --no-legend 'loopbridge*'; systemctl --failed --no-legend"); left != "" {
		a.Errorf("systemd still has %q", left)
	}
	if left := a.does("getent passwd loopbridge; getent group loopbridge; dpkg-query -W loopbridge 2>/dev/null; grep -l loopbridge /proc/[0-9]*/comm; true"); left != "" {
		a.Errorf("there is still %q", left)
	}
}
