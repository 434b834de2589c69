package doctor

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// network reports what keeps the streams of the configuration from the network: a sandbox without the drop-in, and interfaces
// that are not there.
func (l *look) network() (found []Finding) {
	if !l.configured() {
		return nil
	}
	wants := l.conf.Daemon.Discover
	for i := range l.conf.Devices {
		d := &l.conf.Devices[i]
		if d.Backend != config.RTP {
			continue
		}
		wants = true
		for _, p := range pathsOf(d) {
			if p.Device != "" && !l.exists("sys/class/net/"+p.Device) {
				found = append(found, one(Fault, "ip link    # the interfaces that are there",
					"device %s wants the network interface %s, which is not there", d.Name, p.Device)...)
			}
		}
	}
	found = append(found, l.clock()...)
	switch unit := l.first("etc/systemd/system/loopbridge.service", "usr/local/lib/systemd/system/loopbridge.service", "usr/lib/systemd/system/loopbridge.service"); {
	case !wants:
		return fine("the configuration wants nothing of the network")
	case unit != "" && l.file == usualConfiguration && !l.permitsNetwork():
		found = append(found, one(Fault, "sudo systemctl edit loopbridge    # "+l.example("network.conf")+" has the lines",
			"the configuration has streams on the network, which the unit of the daemon forbids: it needs a drop-in, and then a restart")...)
	}
	if len(found) == 0 {
		found = fine("nothing seems to keep the daemon from the network")
	}
	return found
}

// clock reports devices that wait for the time of PTP.
func (l *look) clock() []Finding {
	if l.PTP == nil {
		return nil
	}
	for i := range l.conf.Devices {
		d := &l.conf.Devices[i]
		if d.Backend != config.RTP || !d.FollowsPTP() {
			continue
		}
		if err := l.PTP(); err != nil {
			return one(Fault, "sudo ptp4l -i eth1 -s -m & sudo phc2sys -a -r -m    # of linuxptp", "device %s wants the clock of PTP: %v", d.Name, err)
		}
	}
	return nil
}

// pathsOf returns the ways of both streams of a device.
func pathsOf(d *config.Device) (all []session.Path) {
	if d.Receive != nil {
		all = append(all, d.Receive.Stream.Paths...)
	}
	if d.Send != nil {
		all = append(all, d.Send.Stream.Paths...)
	}
	return all
}

// permitsNetwork reports whether a drop-in lets the unit use IPv4 or IPv6.
func (l *look) permitsNetwork() bool {
	for _, folder := range []string{"etc", "run", "usr/local/lib", "usr/lib"} {
		for _, name := range l.glob(folder + "/systemd/system/loopbridge.service.d/*.conf") {
			for line := range strings.Lines(l.text(name)) {
				families, found := strings.CutPrefix(strings.TrimSpace(line), "RestrictAddressFamilies=")
				if found && slices.Contains(strings.Fields(families), "AF_INET") {
					return true
				}
			}
		}
	}
	return false
}

// example returns where an example of a configuration is installed.
func (l *look) example(name string) string {
	for _, folder := range []string{"/usr/share", "/usr/local/share"} {
		if at := folder + "/doc/loopbridge/configs/" + name; l.exists(at) {
			return at
		}
	}
	return "/usr/local/share/doc/loopbridge/configs/" + name
}
