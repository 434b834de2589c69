package daemon

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// The watchdog is fed once a round; not while one subject hangs, which the log names once; and at once when it
// answers again. A subject that is no longer there is forgotten.
func TestWatchdogInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 30 * time.Second
		out := &trial.Output{}
		var fed atomic.Int64
		var hang, gone atomic.Bool
		ended := make(chan struct{})
		w := watchdog{log: zerolog.New(out), every: every, feed: func() { fed.Add(1) }}
		release := make(chan struct{})
		w.subjects = func() []watched {
			all := []watched{{"the loops", func() {}}}
			if !gone.Load() {
				all = append(all, watched{"the engine of device card", func() {
					if hang.Load() {
						<-release
					}
				}})
			}
			return all
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer close(ended)
			w.run(ctx)
		}()
		feeds := func(rounds int) int64 {
			before := fed.Load()
			time.Sleep(time.Duration(rounds) * every)
			synctest.Wait()
			return fed.Load() - before
		}
		time.Sleep(every / 2) // in the middle of a round
		if n := feeds(10); n != 10 {
			t.Errorf("fed %d times in 10 rounds", n)
		}
		hang.Store(true)
		if n := feeds(10); n != 0 {
			t.Errorf("fed %d times while an engine hangs", n)
		}
		if n := len(linesOf(t, out)); n != 1 || out.Line("the engine of device card") == "" {
			t.Errorf("the log says %q", out.Text())
		}
		hang.Store(false)
		release <- struct{}{}
		synctest.Wait()
		if n := feeds(10); n != 10 || out.Line("answers again") == "" {
			t.Errorf("fed %d times afterwards; the log: %s", n, out.Text())
		}
		hang.Store(true)
		feeds(2)
		gone.Store(true)
		if n := feeds(10); n < 9 {
			t.Errorf("fed %d times after the device has gone", n)
		}
		close(release)
		cancel()
		<-ended
	})
}

// stuckHost is a program whose memory never comes, so that its loop stays locked.
type stuckHost struct {
	asked, release chan struct{}
	once           sync.Once
}

func (h *stuckHost) Memory(bytes int) ([]byte, error) {
	h.once.Do(func() { close(h.asked) })
	<-h.release
	return ring.Memory(bytes), nil
}
func (h *stuckHost) Free([]byte)      {}
func (h *stuckHost) Ring()            {}
func (h *stuckHost) Disconnect(error) {}

// startTold tells when it is started.
type startTold struct {
	backend.Stream
	started chan struct{}
}

func (s *startTold) Unwrap() backend.Stream { return s.Stream }

func (s *startTold) Start() error {
	close(s.started)
	return s.Stream.Start()
}

// What hangs in a daemon starves the watchdog, and is named: an engine whose card never returns from its start;
// a loop that stays locked; an operators' socket that takes connections and says nothing. What merely rests, and
// what runs, does not.
func TestWatchdogStarves(t *testing.T) {
	for name, hang := range map[string]func(t *testing.T, d *Daemon, started, release chan struct{}){
		"the engine of device card": func(t *testing.T, d *Daemon, started, _ chan struct{}) {
			p, err := d.bay.Open(t.Context(), "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
			if err != nil {
				t.Fatal(err)
			}
			go p.Write(t.Context(), make([]byte, 4*480)) // starts the card
			<-started
		},
		"the loops": func(t *testing.T, d *Daemon, _, release chan struct{}) {
			h := &stuckHost{asked: make(chan struct{}), release: release}
			go d.bay.Attach(context.Background(), "loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read}, h)
			<-h.asked
		},
		"the control socket": func(t *testing.T, d *Daemon, _, _ chan struct{}) {},
	} {
		t.Run(name, func(t *testing.T) {
			out := &trial.Output{}
			d := newDaemon(zerolog.New(out))
			socket := filepath.Join(trial.TempDir(t), "s")
			if err := d.start(config.Default(), socket); err != nil {
				t.Fatal(err)
			}
			started, release := make(chan struct{}), make(chan struct{})
			s, err := null.Open(backend.Config{Format: config.DefaultDevice().Format, Period: 480, Periods: 2, Play: true}, null.Options{})
			if err != nil {
				t.Fatal(err)
			}
			card := loop.NewEngine("card", &startTold{backendtest.Hanging(s, release, "Start"), started})
			if err := d.bay.AddDevice(card); err != nil {
				t.Fatal(err)
			}
			if err := d.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, card); err != nil {
				t.Fatal(err)
			}
			at := socket
			if name == "the control socket" {
				at += ".deaf"
				deaf, err := net.Listen("unix", control.Socket(at))
				if err != nil {
					t.Fatal(err)
				}
				defer deaf.Close()
			}
			var rounds, fed atomic.Int64
			subjects := watchedBy(d.bay, at)
			w := watchdog{log: d.log, every: 5 * time.Millisecond, feed: func() { fed.Add(1) }, subjects: func() []watched {
				rounds.Add(1)
				return subjects()
			}}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				w.run(ctx)
			}()
			if name != "the control socket" {
				servertest.Until(t, "the watchdog to be fed", func() bool { return fed.Load() > 2 })
			}
			hang(t, d, started, release)
			asked := rounds.Load()
			servertest.Until(t, "all to be asked", func() bool { return rounds.Load() > asked+2 })
			servertest.Until(t, "the log to name what hangs", func() bool { return out.Line(`"subject":"`+name+`"`) != "" })
			before := fed.Load()
			asked = rounds.Load()
			servertest.Until(t, "some rounds", func() bool { return rounds.Load() > asked+20 })
			if n := fed.Load() - before; n != 0 {
				t.Errorf("it was fed %d times", n)
			}
			t.Logf("the daemon says: %s", out.Line(`"subject":"`+name+`"`))
			close(release)
			if name != "the control socket" {
				servertest.Until(t, "the watchdog to be fed again", func() bool { return fed.Load() > before })
			}
			cancel()
			<-ended
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
