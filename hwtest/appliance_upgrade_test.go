package hwtest_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/client/control"
)

// socketFile is that of the daemon in the machine.
const socketFile = "/run/loopbridge/loopbridge.sock"

// daemonVersion is what the running daemon says that it is.
func (a *appliance) daemonVersion() string {
	a.Helper()
	v, err := control.New(socketFile).Version(a.Context())
	if err != nil {
		a.Fatalf("the daemon does not say its version: %v", err)
	}
	return v.Version
}

// xruns is how many the daemon has counted.
func (a *appliance) xruns() int {
	a.Helper()
	all, err := control.New(socketFile).Devices(a.Context())
	if err != nil {
		a.Fatalf("%v", err)
	}
	sum := 0
	for _, d := range all {
		sum += int(d.Hardware.Xruns)
	}
	return sum
}

// isUpgraded: aplay and arecord go on, and so does what is heard of the card.
func (a *appliance) isUpgraded() {
	if before := a.daemonVersion(); before != releases()[0] {
		a.Errorf("%s runs before the upgrade, want %s", before, releases()[0])
	}
	a.goesOn(60*48000, 1, func() {
		if out := a.apt(releases()[1]); strings.Contains(out, "could not hand over") {
			a.Errorf("the daemon did not hand over")
		}
	})
	if now := a.daemonVersion(); now != releases()[1] {
		a.Errorf("%s runs after the upgrade, want %s", now, releases()[1])
	}
	a.does("systemctl status loopbridge")
}

// handsOver again and again, to the program that runs.
func (a *appliance) handsOver() {
	const times = 10
	a.goesOn(40*48000, times, func() {
		for range times {
			a.does("loopbridge upgrade")
		}
	})
}

// goesOn lets programs play numbered frames while something happens to the daemon: through a loop, where each must arrive
// once, and to the card, where so many gaps may be heard, each of them counted.
func (a *appliance) goesOn(frames, gaps int, happens func()) {
	a.Helper()
	pid := a.property("MainPID")
	n := a.playsNumbers(frames)
	t := a.hears()
	from := t.frames()
	card := a.starts("aplay -q -D loopbridge:speaker -t raw -f dat " + inHome(numbersFile))
	a.until("the card sounds", func() bool { return t.frames() > from || card.over() })
	xruns, arrived := a.xruns(), n.arrived()
	happens()
	counted := a.xruns() - xruns
	if n.player.over() || card.over() {
		a.Errorf("the frames did not last: a player has ended before")
	}
	a.say("%d frames went through the loop meanwhile", n.arrived()-arrived)
	if now := a.property("MainPID"); now != pid {
		a.Errorf("the daemon was process %s, and is %s", pid, now)
	}
	a.does("loopbridge ls")
	n.areWhole()
	if err := card.ends(); err != nil {
		a.Errorf("%s: %v: %s", card.line, err, card.said.Bytes())
	}
	t.ends()
	all := runsOf(fromFirst(t.read(from, t.frames()-from)))
	heard := gapsOf(all)
	a.say("the card: %d xruns were counted, and %d gaps heard: %v", counted, len(heard), heard)
	if len(all) == 0 || all[0].first != 1 || all[len(all)-1].last != uint32(frames) || len(heard) > counted || counted > gaps {
		a.Errorf("on the card there are %d gaps, of which %d are counted, want %d at most; the frames are %v", len(heard), counted, gaps, all)
	}
	for _, g := range heard {
		if max(g.lost, g.long) > cardBuffer {
			a.Errorf("a gap is longer than the buffer of the card, %d frames: %v", cardBuffer, g)
		}
	}
}

// numberRun are numbered frames one after the other.
type numberRun struct {
	at          int // frame of the recording
	first, last uint32
}

func (r numberRun) String() string {
	return strconv.Itoa(int(r.first)) + ".." + strconv.Itoa(int(r.last))
}

// runsOf finds all runs that are longer than what a ramp may look like.
func runsOf(pcm []byte) (all []numberRun) {
	const least = 64
	var r numberRun
	for i := range len(pcm) / 4 {
		v := binary.LittleEndian.Uint32(pcm[4*i:])
		if r.first > 0 && v == r.last+1 {
			r.last = v
			continue
		}
		if r.last-r.first >= least {
			all = append(all, r)
		}
		r = numberRun{i, v, v}
	}
	if r.last-r.first >= least {
		all = append(all, r)
	}
	return all
}

// numberGap is what is between two runs.
type numberGap struct {
	after uint32 // number of the last frame that was right
	long  int    // frames of the recording
	lost  int    // numbers that are not heard as they are
}

func (g numberGap) String() string {
	return fmt.Sprintf("after frame %d for %d frames, %d frames lost", g.after, g.long, g.lost)
}

func gapsOf(all []numberRun) (gaps []numberGap) {
	for i := 1; i < len(all); i++ {
		before, next := all[i-1], all[i]
		long := next.at - before.at - int(before.last-before.first) - 1
		gaps = append(gaps, numberGap{before.last, long, int(next.first) - int(before.last) - 1})
	}
	return gaps
}
