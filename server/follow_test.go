package server_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// states are what belongs to a name, and the events before.
func (c *raw) states(name string) (all []wire.Device, events uint64) {
	c.Helper()
	c.device(wire.OpStates, name)
	for {
		r, _, err := c.reply()
		switch {
		case err != nil || r.Op != wire.OpStates || r.Errno != 0 || r.Seq != c.seq:
			c.Fatalf("want the states of %s, got %+v %q, %v", name, r.Header, wire.Text(r.Failure.Text[:]), err)
		case r.Last == 1:
			return all, r.Seen.Events
		}
		all = append(all, r.Device)
	}
}

// names are those of the states of a name, with the programs of clients.
func (c *raw) names(name string) string {
	c.Helper()
	all, _ := c.states(name)
	var names []string
	for _, d := range all {
		n := strings.ReplaceAll(wire.Text(d.Name[:]), fmt.Sprint("/", os.Getpid()), "/PID")
		if program := wire.Text(d.Program[:]); program != "" {
			n += "=" + program
		}
		names = append(names, n)
	}
	return strings.Join(names, " ")
}

func (c *raw) follow(events uint64) {
	c.Helper()
	c.ask(wire.Request{Header: wire.Header{Op: wire.OpFollow}, Seen: wire.Seen{Events: events}})
}

// followed expects the answer to Follow.
func (c *raw) followed() uint64 {
	c.Helper()
	r, _, err := c.reply()
	if err != nil || r.Op != wire.OpFollow || r.Errno != 0 || r.Last != 1 {
		c.Fatalf("want the answer to Follow, got %+v, %v", r.Header, err)
	}
	return r.Seen.Events
}

// addLoop makes a loop, by default one of programs.
func (r *rig) addLoop(spec loop.Spec, e *loop.Engine) {
	r.Helper()
	if err := r.Bay.Add(spec, e); err != nil {
		r.Fatal(err)
	}
}

func TestWireListsWhatBelongsTogether(t *testing.T) {
	r, card := newDeviceRig(t)
	long := strings.Repeat("n", wire.NameBytes-1)
	for _, name := range []string{"speaker", "card", "other speaker", long} {
		r.addLoop(loop.Spec{Name: name, Attached: audio.Play}, card)
	}
	r.addLoop(loop.Spec{Name: "mic", Attached: audio.Record}, card)
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	me := strings.TrimSpace(string(comm))
	c := r.dial()
	check := func(name, want string) {
		t.Helper()
		if got := c.names(name); got != strings.ReplaceAll(want, "=ME", "="+me) {
			t.Errorf("the states of %q are\n%s, want\n%s", name, got, want)
		}
	}
	loops := "card card/client mic " + long + " other speaker speaker"
	check("card", loops)
	check("", loops)
	check("none", "none")
	check("loop0", "loop0 loop0/server")
	check("loop0/client", "loop0 loop0/server")
	check("loop0/server", "loop0/server")
	check("speaker", "speaker")
	check("card/client", "card/client") // the loop
	plays := func(name string) *pcm.PCM {
		return r.open(name, pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	}
	first, second, third := plays("speaker"), plays("speaker"), plays(long)
	fourth := plays("card")
	check("card", "card card/client card/PID=ME mic "+long+" other speaker speaker speaker/PID=ME") // by pid, once
	check("speaker", "speaker speaker/PID=ME")
	check(fmt.Sprint("speaker/", os.Getpid()), "speaker/PID=ME")
	c.device(wire.OpInfo, fmt.Sprint("speaker/", os.Getpid()))
	if d := c.state(wire.OpInfo, fmt.Sprint("speaker/", os.Getpid())); wire.Text(d.Program[:]) != me {
		t.Errorf("the client's program is %q", wire.Text(d.Program[:]))
	}
	for _, p := range []*pcm.PCM{first, second, third, fourth} {
		p.Abandon()
	}
	servertest.Until(t, "all clients to be gone", func() bool { return c.names("card") == loops })
	server := r.open("loop0", serverReads())
	client := r.open("loop0", clientWrites(0))
	check("loop0", "loop0 loop0/server loop0/PID=ME")
	client.Abandon()
	server.Abandon()
	c.device(wire.OpStates, "nosuch")
	c.refused(syscall.ENODEV)
	c.device(wire.OpStates, "loop0/1")
	c.refused(syscall.ENODEV)
}

// What States says of a loop is what Info says.
func TestStatesAreThoseOfInfo(t *testing.T) {
	r, card := newDeviceRig(t)
	r.addLoop(loop.Spec{Name: "speaker", Attached: audio.Play}, card)
	c := r.dial()
	c.device(wire.OpSet, "speaker", uint32(state.PlayGain), 7, uint32(state.OutputMuted), 1)
	c.state(wire.OpSet, "speaker")
	all, _ := c.states("card")
	for _, d := range all {
		name := wire.Text(d.Name[:])
		c.device(wire.OpInfo, name)
		now := c.state(wire.OpInfo, name)
		now.Values[state.RecordSamples], d.Values[state.RecordSamples] = 0, 0
		if now != d {
			t.Errorf("%s is %+v, Info says %+v", name, d, now)
		}
	}
	if s := all[1]; s.Values[state.PlayGain] != 7 || s.Values[state.OutputMuted] != 1 {
		t.Errorf("the loop's gain is %d, its mute %d", s.Values[state.PlayGain], s.Values[state.OutputMuted])
	}
}

func TestWireFollows(t *testing.T) {
	r, card := newDeviceRig(t)
	c, other := r.dial(), r.dial()
	set := func(v uint32) {
		t.Helper()
		other.device(wire.OpSet, "card", uint32(state.PlayGain), v)
		other.state(wire.OpSet, "card")
	}
	_, events := c.states("card")
	// more expects an event, after the ones that were seen.
	more := func(what string, happens func()) {
		t.Helper()
		c.follow(events)
		c.device(wire.OpInfo, "card")
		c.state(wire.OpInfo, "card") // overtakes: nothing has happened yet
		happens()
		now := c.followed()
		if now <= events {
			t.Fatalf("%s: %d events, there were %d before", what, now, events)
		}
		_, events = c.states("card")
	}
	more("a set", func() { set(1) })
	more("a loop more", func() { r.addLoop(loop.Spec{Name: "speaker", Attached: audio.Play}, card) })
	var p *pcm.PCM
	more("a client", func() { p = r.open("speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write}) })
	servertest.Until(t, "the client to be there", func() bool { return strings.Count(c.names("card"), "speaker") == 2 })
	_, events = c.states("card")
	more("no client", p.Abandon)
	servertest.Until(t, "the client to be gone", func() bool { return strings.Count(c.names("card"), "speaker") == 1 })
	_, events = c.states("card")
	more("no loop", func() {
		if err := r.Bay.Remove("speaker"); err != nil {
			t.Error(err)
		}
	})
	set(2) // between two: is not missed
	c.follow(events)
	if now := c.followed(); now != events+1 {
		t.Errorf("%d events after one more than %d", now, events)
	}
	c.follow(events + 100) // more than there are: from another daemon's life
	c.followed()
}

// Someone who sets while others look and follow, again and again: what is looked at after
// the last answer is the last that was set.
func TestFollowMissesNothing(t *testing.T) {
	r, card := newDeviceRig(t)
	r.addLoop(loop.Spec{Name: "speaker", Attached: audio.Play}, card)
	const last = 200
	set := make(chan struct{})
	setter := r.dial()
	go func() {
		defer close(set)
		for i := range uint32(last + 1) {
			for _, name := range []string{"card", "speaker"} {
				q := wire.Request{Header: wire.Header{Op: wire.OpSet}}
				wire.Put(q.Device.Name[:], name)
				q.Device.Fields, q.Device.Values[state.PlayGain] = 1<<state.PlayGain, i
				if _, err := setter.Write(wire.EncodeRequest(&q)); err != nil {
					t.Error(err)
					return
				}
				if _, _, err := setter.reply(); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	c := r.dial()
	for looks := 1; ; looks++ { // hangs if one is missed
		all, events := c.states("card")
		if all[0].Values[state.PlayGain] == last && all[1].Values[state.PlayGain] == last {
			t.Logf("looked %d times at %d changes", looks, 2*last+2)
			break
		}
		c.follow(events)
		c.followed()
	}
	<-set
}

// Followers that do not read, go away, or ask for too much disturb nobody.
func TestFollowersThatMisbehave(t *testing.T) {
	r, card := newDeviceRig(t)
	_, events := r.dial().states("card")
	for range 50 {
		c := r.dial()
		c.follow(events)
		c.Close()
	}
	c := r.dial()
	for range wire.MaxPending + 1 {
		c.follow(events)
	}
	c.cutOff()
	for range wire.MaxPending { // as many as may be are answered, all at once
		c = r.dial()
		var want []uint64
		for range wire.MaxPending {
			c.follow(events)
		}
		if _, err := card.Set(state.Patch{}); err != nil {
			t.Fatal(err)
		}
		for range wire.MaxPending {
			want = append(want, c.followed())
		}
		if events = want[0]; slices.Max(want) != events {
			t.Errorf("answers of %v events", want)
		}
	}
	silent, other := r.dial(), r.dial()
	silent.follow(events)
	for i := range uint32(1000) {
		other.device(wire.OpSet, "card", uint32(state.PlayGain), i%256)
		other.state(wire.OpSet, "card")
	}
	silent.followed()
	silent.follow(^uint64(0))
	_, events = other.states("card")
	if now := silent.followed(); now != events { // one answer, and nothing after it
		t.Errorf("%d events, want %d", now, events)
	}
	silent.follow(events) // waits until the daemon ends
	silent.device(wire.OpInfo, "")
	silent.state(wire.OpInfo, "card")
}
