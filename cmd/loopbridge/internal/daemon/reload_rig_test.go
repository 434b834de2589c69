package daemon

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// filed is a daemon with a configuration file, operated through its sockets.
type filed struct {
	*testing.T
	*Daemon
	*control.Client
	file, socket string
	log          *trial.Output
}

// start starts a daemon with a file, which prepare may change before.
func startFiled(t *testing.T, text string, prepare ...func(*Daemon)) *filed {
	t.Helper()
	dir := trial.TempDir(t)
	f := &filed{T: t, file: filepath.Join(dir, "loopbridge.toml"), socket: filepath.Join(dir, "s"), log: &trial.Output{}}
	f.Client = control.New(f.socket)
	f.write(text)
	c, err := config.Load(f.file)
	if err != nil {
		t.Fatal(err)
	}
	level := newThreshold(c.Daemon.Log)
	f.Daemon = newDaemon(limited(zerolog.New(f.log).Hook(level)))
	f.source = Source{Load: func() (config.Config, error) { return config.Reload(f.file) }, Level: level.set}
	for _, change := range prepare {
		change(f.Daemon)
	}
	if err := f.start(c, f.socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(f.log.Text())
		}
		if err := f.Daemon.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *filed) write(text string) {
	f.Helper()
	if err := os.WriteFile(f.file, []byte(text), 0o600); err != nil {
		f.Fatal(err)
	}
}

// reload makes the daemon follow a text, which must do exactly what is wanted, a line each, and what diff says before.
func (f *filed) reload(text string, want ...string) {
	f.Helper()
	would, err := f.Client.Diff(f.Context(), f.file, []byte(text))
	if err != nil {
		f.Fatal(err)
	}
	f.write(text)
	r, err := f.Client.Reload(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	if got := textsOf(r); !slices.Equal(got, want) || !slices.Equal(textsOf(would), want) || len(r.Failures) > 0 {
		f.Errorf("changed\n%s\nand was to change\n%s\nand not\n%s\nfailed: %v", strings.Join(got, "\n"), strings.Join(textsOf(would), "\n"),
			strings.Join(want, "\n"), r.Failures)
	}
}

func textsOf(r api.Reload) (all []string) {
	for _, change := range r.Changes {
		all = append(all, change.Text)
	}
	return all
}

// flow is frame i with the number i on its way through a loop, for as long as both ends let it.
type flow struct {
	f            *filed
	reads, sends *pcm.PCM
	checked      atomic.Uint64
	left         atomic.Bool   // the writer has: silence may come
	silent       atomic.Uint64 // frames of it
	wait         sync.WaitGroup
	readErr      error // why it ended
	sendErr      error
}

// flow begins to send numbered frames through a loop.
func (f *filed) flow(loop string) *flow {
	f.Helper()
	format := audio.DefaultFormat()
	s := &flow{f: f}
	var err error
	if s.reads, err = client.Open(f.Context(), f.socket, loop, pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: format}); err != nil {
		f.Fatal(err)
	}
	if s.sends, err = client.Open(f.Context(), f.socket, loop, pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: format}); err != nil {
		f.Fatal(err)
	}
	s.wait.Go(func() {
		block := make([]byte, 4*501)
		for n := uint32(0); s.sendErr == nil; {
			for at := 0; at < len(block); at += 4 {
				binary.LittleEndian.PutUint32(block[at:], n)
				n++
			}
			_, s.sendErr = s.sends.Write(f.Context(), block)
		}
	})
	s.wait.Go(func() {
		block := make([]byte, 4*333)
		for n := uint32(0); s.readErr == nil; {
			var got int
			got, s.readErr = s.reads.Read(f.Context(), block)
			for at := 0; at < 4*got; at += 4 {
				if binary.LittleEndian.Uint32(block[at:]) == 0 && s.left.Load() {
					s.silent.Add(1)
					continue
				}
				if now := binary.LittleEndian.Uint32(block[at:]); now != n {
					f.Errorf("%s: frame %d comes after %d", loop, now, int(n)-1)
					n = now
				}
				n++
			}
			s.checked.Add(uint64(got))
		}
	})
	return s
}

// moves returns when so many more frames have arrived.
func (s *flow) moves(frames uint64) {
	s.f.Helper()
	from := s.checked.Load()
	servertest.Until(s.f, "frames to flow", func() bool { return s.checked.Load() >= from+frames })
}

// stop ends it.
func (s *flow) stop() {
	s.sends.Abandon()
	s.reads.Abandon()
	s.wait.Wait()
}
