package hwtest_test

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// followsPTP: sender and receiver have the clock of PTP, which ptp4l of linuxptp keeps: a grandmaster in the other machine, and one here that
// follows it. Both have the kernel's one clock, so that it is right at once. Before ptp4l runs, silence stands in. Otherwise it is as with
// the clock of the sender.
func followsPTP(b *bench) {
	n := b.cables()
	now, missing := b.crosses(n, crossing{
		ways: 1, send: "clock = \"ptp\"\n", receive: "clock = \"ptp\"\n",
		launched: func(both ...*daemon) {
			for _, d := range both {
				d.until("waits for the time of PTP", func() bool { return d.hardwareOf("net").RunsOn == "null" })
			}
			n.keepTime()
			from := both[1]
			from.until("has the time of PTP", func() bool { return from.hardwareOf("net").RunsOn != "null" })
		},
	})
	if now.Reference != "PTP (CLOCK_TAI)" {
		b.Errorf("the clock is %s", now.Reference)
	}
	b.missed(n, now, missing)
	// A receiver that takes the epoch for another one hears a sender of another clock.
	d := b.launch(receiverConfig("clock = \"ptp\"\noffset = 480000\n"), n.there()...)
	from := b.launch(senderConfig("clock = \"ptp\"\nalways = true\n"))
	from.until("sends for a while", func() bool { return network(from).Sent > 2000 })
	if on := d.hardwareOf("net").RunsOn; on != "null" {
		b.Errorf("a sender that is ten seconds away runs the device: %s", on)
	}
	d.stop()
	d.logged("10s behind the time of PTP here")
}

// keepTime starts linuxptp on both sides of a cable.
func (n *cables) keepTime() {
	n.b.Helper()
	dir := n.b.TempDir()
	ptp4l := func(name string, by []string, args ...string) (socket string) {
		socket = filepath.Join(dir, name)
		// The constants of hardware timestamps: with those of software it looks at the clock for 37 s before it trusts it.
		command := append(append(by, "ptp4l", "-2", "-S", "-m", "--uds_address", socket, "--logSyncInterval", "-3", "--logMinDelayReqInterval", "-3",
			"--logAnnounceInterval", "-3", "--announceReceiptTimeout", "2",
			"--pi_proportional_const", "0.7", "--pi_integral_const", "0.3"), args...)
		p := exec.Command(command[0], command[1:]...)
		var said strings.Builder
		p.Stdout, p.Stderr = &said, &said
		if err := p.Start(); err != nil {
			n.b.Fatalf("%v", err)
		}
		n.b.Cleanup(func() {
			p.Process.Kill()
			p.Wait()
			if n.b.Failed() {
				n.b.Logf("ptp4l, %s:\n%s", name, said.String())
			}
		})
		return socket
	}
	master := ptp4l("grandmaster", n.there(), "-i", "far0", "--masterOnly", "1", "--free_running", "1")
	known := "SET GRANDMASTER_SETTINGS_NP clockClass 6 clockAccuracy 0x21 offsetScaledLogVariance 0x4e5d currentUtcOffset 37 leap61 0 leap59 0 " +
		"currentUtcOffsetValid 1 ptpTimescale 0 timeTraceable 1 frequencyTraceable 1 timeSource 0x20"
	if !waits(func() bool {
		out, err := exec.Command("pmc", "-u", "-b", "0", "-s", master, "-i", filepath.Join(dir, "pmc"), known).CombinedOutput()
		return err == nil && strings.Contains(string(out), "currentUtcOffset")
	}, nil) {
		n.b.Fatalf("the grandmaster takes no settings")
	}
	ptp4l("follower", nil, "-i", "near0", "-s")
}
