package bench

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// action is something that happens.
type action struct {
	name   string
	weight int // how often, relative to others
	do     func(*soak, context.Context) error
}

// actions is all that happens. An error is one that should not have been.
func actions() []action {
	return []action{
		{"program comes", 20, (*soak).comes},
		{"crowd", 4, (*soak).joins},
		{"opens and closes fast", 1, (*soak).churns},
		{"wrong format", 2, (*soak).wrongFormat},
		{"connects", 1, (*soak).knocks},
		{"crash", 5, (*soak).crash},
		{"stall", 5, (*soak).stalls},

		{"set", 8, (*soak).set},
		{"pause", 3, (*soak).pauses},
		{"halt", 2, (*soak).halts},
		{"drain", 3, (*soak).drains},
		{"look", 4, (*soak).look},
		{"events", 1, (*soak).events},
		{"add loop", 3, (*soak).addLoop},
		{"remove loop", 2, (*soak).removeLoop},
		{"add route", 3, (*soak).addRoute},
		{"remove route", 2, (*soak).removeRoute},

		{"reload", 3, (*soak).reload},
		{"reload a wrong file", 2, (*soak).reloadWrong},
		{"SIGHUP", 1, (*soak).hangUp},
		{"upgrade", 2, (*soak).upgradeInTime},
		{"upgrade to a wrong program", 1, (*soak).upgradeWrong},
		{"daemon stops", 1, (*soak).stopDaemon},
		{"full disk", 1, (*soak).fillDisk},
	}
}

// some returns one of some words.
func (s *soak) some(words ...string) string { return words[s.rand.IntN(len(words))] }

// between returns a time from lo to hi.
func (s *soak) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(s.rand.Int64N(int64(hi-lo)))
}

// place returns a loop that is not watched.
func (s *soak) place() string { return s.some(append(slices.Clone(s.config.loops), s.added...)...) }

// comes starts a program at any end of any loop.
func (s *soak) comes(context.Context) error {
	names := slices.Sorted(maps.Keys(manners()))
	spec := programSpec{
		Socket: s.daemon.socket, Loop: s.place(), Role: pcm.Role(1 + s.rand.IntN(2)), Direction: pcm.Read,
		Wait: s.between(0, 2*time.Second), Life: s.between(10*time.Millisecond, 5*time.Second), Manner: s.some(names...),
	}
	if s.rand.IntN(2) > 0 {
		spec.Direction = pcm.Write
	}
	if s.rand.IntN(3) == 0 {
		spec.Direction = pcm.Read | pcm.Write
	}
	if spec.Role == pcm.Server && s.rand.IntN(2) == 0 {
		spec.Direction = pcm.Read // so that pairs come about
	}
	spec.Period = []int{64, 441, 480, 1024}[s.rand.IntN(4)]
	if s.rand.IntN(2) == 0 {
		spec.Format = &audio.Format{
			Rate: []int{8000, 44100, 48000, 96000}[s.rand.IntN(4)], Channels: 1 + s.rand.IntN(3),
			Encoding: []audio.Encoding{audio.S16LE, audio.S24LE3, audio.FloatLE, audio.MuLaw}[s.rand.IntN(4)],
		}
	}
	return s.run(spec)
}

// joins starts another reader where one is watched: it may read, or not, or vanish.
func (s *soak) joins(context.Context) error {
	return s.run(programSpec{
		Socket: s.daemon.socket, Loop: "crowd", Role: pcm.Client, Direction: pcm.Read, Period: 480,
		Life: s.between(10*time.Millisecond, 3*time.Second), Manner: s.some("close", "vanish", "deaf", "pause"),
	})
}

func (s *soak) churns(context.Context) error {
	return s.run(programSpec{
		Socket: s.daemon.socket, Loop: s.some("many", "speaker", "mic", "reset"), Role: pcm.Client, Direction: pcm.Read | pcm.Write,
		Life: s.between(100*time.Millisecond, 2*time.Second), Manner: churn,
	})
}

func (s *soak) wrongFormat(context.Context) error {
	f := []*audio.Format{
		{Rate: 1, Channels: 1, Encoding: audio.U8}, {Rate: 48000, Channels: 1000, Encoding: audio.S16LE},
		{Rate: -1, Channels: -1, Encoding: audio.S16LE},
	}
	return s.run(programSpec{
		Socket: s.daemon.socket, Loop: s.place(), Role: pcm.Role(1 + s.rand.IntN(2)), Direction: pcm.Read, Format: f[s.rand.IntN(len(f))],
		Period: 480, Life: time.Second, Manner: "close",
	})
}

// knocks connects to both sockets, says nothing or nonsense, and leaves.
func (s *soak) knocks(context.Context) error {
	for i := range 100 {
		network, path := "unixpacket", s.daemon.socket
		if i%2 > 0 {
			network, path = "unix", control.Socket(s.daemon.socket)
		}
		c, err := net.Dial(network, path)
		if err != nil {
			return err
		}
		if i%10 > 7 {
			_, _ = fmt.Fprintf(c, "%d GET / nonsense\r\n\r\n", i)
		}
		c.Close()
	}
	return nil
}

func (s *soak) crash(context.Context) error {
	if p := s.pick(); p != nil {
		p.killed.Store(true)
		p.signal(syscall.SIGKILL)
	}
	return nil
}

// stalls stops a program for a while.
func (s *soak) stalls(context.Context) error {
	p, d := s.pick(), s.between(100*time.Millisecond, 3*time.Second)
	if p == nil {
		return nil
	}
	p.signal(syscall.SIGSTOP)
	time.AfterFunc(d, func() { p.signal(syscall.SIGCONT) })
	return nil
}
