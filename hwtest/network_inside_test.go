package hwtest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// cables are two between this machine and another one, which is a network namespace: near0 and near1 here, far0 and far1 there, with
// the addresses 10.9.0.1 and .2, 10.9.1.1 and .2. What streams send to the other one passes netem.
type cables struct {
	b   *bench
	far string // a process that is there
}

const waysThere = 2

func (b *bench) cables() *cables {
	b.Helper()
	holder := exec.Command("unshare", "-n", "sleep", "100000")
	if err := holder.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() {
		holder.Process.Kill()
		holder.Wait()
	})
	n := &cables{b: b, far: strconv.Itoa(holder.Process.Pid)}
	own, _ := os.Readlink("/proc/self/ns/net")
	if !waits(func() bool {
		there, err := os.Readlink("/proc/" + n.far + "/ns/net")
		return err == nil && there != own
	}, nil) {
		b.Fatalf("there is no other network namespace")
	}
	there := n.there()
	n.run("ip", "link", "set", "lo", "up")
	n.run(append(there, "ip", "link", "set", "lo", "up")...)
	for way := range waysThere {
		near, far := fmt.Sprint("near", way), fmt.Sprint("far", way)
		n.run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", n.far)
		n.run("ip", "addr", "add", fmt.Sprintf("10.9.%d.1/24", way), "dev", near)
		n.run("ip", "link", "set", near, "up")
		n.run(append(there, "ip", "addr", "add", fmt.Sprintf("10.9.%d.2/24", way), "dev", far)...)
		n.run(append(there, "ip", "link", "set", far, "up")...)
		n.run("tc", "qdisc", "add", "dev", near, "root", "handle", "1:", "prio", "bands", "4", "priomap",
			"0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0")
		n.run("tc", "qdisc", "add", "dev", near, "parent", "1:4", "handle", "40:", "netem", "limit", "10000")
		n.run("tc", "filter", "add", "dev", near, "parent", "1:", "protocol", "ip", "u32",
			"match", "ip", "dport", strconv.Itoa(streamPort), "0xffff", "flowid", "1:4")
	}
	return n
}

// there is the command that starts others in the other machine.
func (n *cables) there() []string { return []string{"nsenter", "-t", n.far, "-n", "--"} }

func (n *cables) run(command ...string) string {
	n.b.Helper()
	return n.b.tool(command[0], command[1:]...)
}

// harm says what netem does to the packets of streams on a way from now on.
func (n *cables) harm(way int, netem ...string) {
	n.b.Helper()
	n.run(append([]string{"tc", "qdisc", "change", "dev", fmt.Sprint("near", way), "parent", "1:4", "handle", "40:", "netem", "limit", "10000"},
		netem...)...)
}

// passed returns how many packets netem has let pass on a way, and how many it has lost.
func (n *cables) passed(way int) (packets, lost uint64) {
	n.b.Helper()
	var all []struct {
		Kind           string
		Packets, Drops uint64
	}
	text := n.run("tc", "-s", "-j", "qdisc", "show", "dev", fmt.Sprint("near", way))
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		n.b.Fatalf("tc: %v in %s", err, text)
	}
	for _, q := range all {
		if q.Kind == "netem" {
			return q.Packets, q.Drops
		}
	}
	n.b.Fatalf("tc: there is no netem in %s", text)
	return 0, 0
}

// crossing is how frames get from a daemon here to one in the other machine.
type crossing struct {
	ways          int
	send, receive string                // further keys of the streams
	launched      func(both ...*daemon) // nil: nothing to do
}

// harm says what netem does to packets: they are late by 2 ms on average either way. Where it is bad, some are lost or early. A first or a
// last packet that is lost is one that nobody can miss.
func (c *crossing) harm(n *cables, bad bool) {
	netem := []string{"delay", "4ms", "2ms"}
	if bad {
		netem = append(netem, "loss", "1%", "reorder", "5%", "50%")
	}
	for way := range c.ways {
		n.harm(way, netem...)
	}
}

// missed fails the test unless a device on one way has counted all that was lost there, and nothing else is missing. All frames that
// come are as they were and in their places.
func (b *bench) missed(n *cables, now api.Network, missing gaps) {
	b.Helper()
	_, lost := n.passed(0)
	if now.Lost != lost || lost == 0 {
		b.Errorf("netem has lost %d packets, the device counted %d", lost, now.Lost)
	}
	b.explains(missing, lost)
}

// mergesWays: two networks lose every hundredth packet each. All of them are counted; what one loses comes from the other one.
func mergesWays(b *bench) {
	n := b.cables()
	now, missing := b.crosses(n, crossing{ways: waysThere})
	both := uint64(0)
	for way := range waysThere {
		_, lost := n.passed(way)
		if counted := now.Paths[way].Lost; counted != lost || lost == 0 {
			b.Errorf("netem has lost %d packets on way %d, the device counted %d", lost, way+1, counted)
		}
		both += lost
	}
	if now.Recovered+2*now.Lost != both {
		b.Errorf("of %d packets that were lost on one way, %d came on the other; %d on neither", both, now.Recovered, now.Lost)
	}
	b.explains(missing, now.Lost)
}

// framesInPacket and periodOfReceiver are those of the streams.
const (
	framesInPacket   = 48
	periodOfReceiver = 240
)

// explains fails the test unless packets that were lost are all that is missing, with a ramp before and after each.
func (b *bench) explains(g gaps, lost uint64) {
	b.Helper()
	least := int(lost) * framesInPacket
	most := least + 2*int(lost)*audio.RampFrames(48000, periodOfReceiver)
	if missing := g.silent + g.changed; missing < least || missing > most {
		b.Errorf("%d packets were lost, and %d frames are missing, %d of them silent; want %d to %d", lost, missing, g.silent, least, most)
	}
}

// crosses has numbered frames cross the cables, which are bad for a while, and returns what the far device has counted and what is missing.
func (b *bench) crosses(n *cables, c crossing) (api.Network, gaps) {
	b.Helper()
	seconds := 3
	if thorough() {
		seconds = 60
	}
	if c.ways > 1 {
		second := fmt.Sprintf("second = \"10.9.1.2:%d\"\n", streamPort)
		c.send, c.receive = c.send+second, c.receive+second
	}
	c.harm(n, false)
	to := b.launch(receiverConfig(c.receive), n.there()...)
	from := b.launch(senderConfig(c.send))
	if c.launched != nil {
		c.launched(to, from)
	}
	defer lab.Awake()() // tc is a file of the host
	file := filepath.Join(b.TempDir(), "far.raw")
	recorder := to.program("record", "--raw", "--wait=60s", "loop", file)
	if err := recorder.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	player := from.program("play", "--raw", "--wait=60s", "--buffer", "500ms", "loop", "-")
	player.Stdin = bytes.NewReader(hear.Count(1, 48000*(seconds+20)))
	if err := player.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	to.takes(1000)
	before := network(to)
	c.harm(n, true)
	to.takes(uint64(seconds) * 1000)
	c.harm(n, false)
	to.takes(1000)
	recorder.Process.Signal(os.Interrupt)
	recorder.Wait()
	now := network(to)
	player.Process.Kill()
	player.Wait()
	for name, d := range map[string]*daemon{"far": to, "near": from} {
		if xruns := d.hardwareOf("net").Xruns; xruns > 0 {
			b.Errorf("the %s device has %d xruns", name, xruns)
		}
	}
	to.stop()
	from.stop()
	recorded, err := os.ReadFile(file)
	if err != nil {
		b.Fatalf("%v", err)
	}
	g, err := between(recorded)
	if err != nil {
		b.Fatalf("%v", err)
	}
	if now.Late > 0 || before.Lost > 0 || now.Restarts > 0 {
		b.Errorf("%d packets were late, %d lost before any was; the sender began anew %d times", now.Late, before.Lost, now.Restarts)
	}
	b.say("%d frames, %d packets: %d lost, %d recovered, %d out of order, jitter %.2f ms; %d frames silent, %d faded", g.frames,
		now.Packets, now.Lost, now.Recovered, now.Reordered, now.Jitter, g.silent, g.changed)
	return now, g
}

// takes waits until a device of the network has taken so many packets more.
func (d *daemon) takes(packets uint64) {
	d.b.Helper()
	from := network(d).Packets
	d.until(fmt.Sprintf("takes %d packets", packets), func() bool { return network(d).Packets >= from+packets })
}

// network is what a device of the network has counted.
func network(d *daemon) api.Network {
	d.b.Helper()
	if n := d.hardwareOf("net").Network; n != nil {
		return *n
	}
	return api.Network{}
}

// gaps is what is missing between the first and the last of numbered frames that are in their places.
type gaps struct{ frames, silent, changed int }

// between looks at each frame. The place of the most of them is that of all: frames that came early or late are missing.
func between(pcm []byte) (g gaps, err error) {
	n := len(pcm) / 4
	at := func(i int) int { return int(binary.LittleEndian.Uint32(pcm[4*i:])) }
	shifts := map[int]int{}
	usual := 0
	for i := range n {
		if v := at(i); v > 0 {
			shifts[v-i]++
			if shifts[v-i] > shifts[usual] {
				usual = v - i
			}
		}
	}
	first, last := n, -1
	for i := range n {
		if at(i) == i+usual && at(i) > 0 {
			first, last = min(first, i), i
		}
	}
	if first > last {
		return g, fmt.Errorf("of %d frames none is one that was played", n)
	}
	for i := first; i <= last; i++ {
		g.frames++
		switch at(i) {
		case i + usual:
		case 0:
			g.silent++
		default:
			g.changed++
		}
	}
	return g, nil
}
