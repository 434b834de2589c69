package record_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/record"
)

// kills is how many times the process is killed.
const kills = 100

// killed is the format of what is recorded then.
func killed() audio.Format { return audio.Format{Rate: 8000, Channels: 2, Encoding: audio.S24LE3} }

// A process that records is killed, a hundred times, wherever it is. Each file can be read at once, has the frames in their
// order, and no fewer than the process had counted, but for what a header or a block may be behind. The next process ends
// the files that the kill has left, and then they have all of it.
func TestKills(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, dir: dir, f: killed()}
	counted, written := [2][kills]int64{}, [2][kills][]string{} // by kind and run
	for run := range kills {
		var before [2][]string
		for i, kind := range kinds() {
			before[i] = w.files(kind)
		}
		c := exec.Command(self, "-test.run=^$")
		c.Env = append(os.Environ(), childEnv+"="+dir)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, last := bufio.NewReader(out), [2]int64{}
		least := rand.Int64N(25000) // frames, so up to several segments
		for last[0] < least {
			text, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("run %d: %q: %v", run, text, err)
			}
			if _, err := fmt.Sscan(text, &last[0], &last[1]); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		_ = c.Process.Kill()
		_, _ = io.Copy(io.Discard, lines)
		_ = c.Wait()
		for i, kind := range kinds() {
			counted[i][run] = last[i]
			written[i][run] = slices.DeleteFunc(w.files(kind), func(name string) bool { return slices.Contains(before[i], name) })
			if all := written[i][run]; len(all) == 1 && int64(len(w.readable(all[0]))/6) < last[i]-4096 {
				t.Errorf("run %d: %s has not what was counted, %d", run, all[0], last[i])
			}
		}
	}
	w.repaired()
	for i, kind := range kinds() {
		w.runs(kind, counted[i], written[i])
	}
}

// repaired lets a board end what was left, as the next daemon does.
func (w *world) repaired() {
	w.Helper()
	board, stop := line(false)
	for _, kind := range kinds() {
		if _, err := board.Add(killedSpec(w.dir, kind)); err != nil {
			w.Fatal(err)
		}
	}
	stop()
}

// runs fails unless the segments of each run, joined, are its frames from the first one on, no fewer than were counted. A
// block of FLAC is counted before it is whole.
func (w *world) runs(kind record.Format, counted [kills]int64, written [kills][]string) {
	for run, names := range written {
		at := int64(0)
		for _, name := range names {
			if _, err := os.Stat(name); err != nil { // killed before it had a header, and removed by the next process
				continue
			}
			if sound := w.sound(name); len(sound) > 0 { // fails if it cannot be read whole
				at += int64(w.counts(sound, uint64(at), 1))
			}
		}
		if held := int64(4096 * (int(kind) - int(record.WAV))); at < counted[run]-held {
			w.Errorf("%v, run %d: %d frames in files, and %d were counted", kind, run, at, counted[run])
		}
	}
}

// readable returns what can be read of a file that nobody has ended.
func (w *world) readable(name string) []byte {
	if info, err := os.Stat(name); err != nil || info.Size() == 0 { // killed before the first write
		return nil
	}
	if filepath.Ext(name) != ".flac" {
		return w.sound(name)
	}
	sound, err := decodedUpTo(name)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		w.Errorf("%s: %v", name, err)
	}
	return sound
}

func killedSpec(dir string, kind record.Format) record.Spec {
	return record.Spec{Name: kind.String(), Of: kind.String(), Path: filepath.Join(dir, "{name}-{n}."+kind.String()), Format: kind, Split: 2 * time.Second}
}

// line makes a loop for each kind, and a clock that runs as fast as the recorders write.
func line(plays bool) (board *record.Board, stop func()) {
	f := killed()
	clock := backendtest.NewClock(backend.Config{Play: true, Period: period, Format: audio.Format{Rate: f.Rate, Channels: 2}})
	bay, engine := loop.NewPatchbay(), loop.NewEngine("main", clock)
	must(bay.AddDevice(engine))
	for _, kind := range kinds() {
		must(bay.Add(loop.Spec{Name: kind.String(), Format: f}, engine))
	}
	board = record.NewBoard(bay, record.OS())
	var programs []*pcm.PCM
	for _, kind := range kinds() {
		if plays {
			p, err := bay.Open(context.Background(), kind.String(), pcm.Options{Role: pcm.Server, Direction: pcm.Write, Format: f, Buffer: 40 * period})
			must(err)
			programs = append(programs, p)
			go play(p, f)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		for ctx.Err() == nil {
			ready := true
			for _, r := range board.Recorders() {
				ready = ready && r.Status().Waits < 3*4096
			}
			for _, p := range programs { // a session has begun, and there is no underrun
				ready = ready && p.State() == ring.Running && p.Delay() >= 20*period
			}
			if ready {
				clock.Advance(4 * period)
			}
			time.Sleep(50 * time.Microsecond)
		}
	})
	return board, func() {
		cancel()
		wait.Wait()
		board.Close()
		bay.Close()
		must(engine.Close())
	}
}

// play writes a counter, for ever.
func play(p *pcm.PCM, f audio.Format) {
	c, block := backendtest.NewCounter(f), make([]byte, period*f.FrameBytes())
	for at := uint64(0); ; at += period {
		c.Fill(block, at)
		if _, err := p.Write(context.Background(), block); err != nil {
			return
		}
	}
}

// recordUntilKilled is the process that is killed. It prints how many frames of each kind it has counted.
func recordUntilKilled(dir string) {
	board, _ := line(true)
	var all []*record.Recorder
	for _, kind := range kinds() {
		r, err := board.Add(killedSpec(dir, kind))
		must(err)
		all = append(all, r)
	}
	for {
		if a, b := all[0].Status().Frames, all[1].Status().Frames; a > 0 && b > 0 {
			fmt.Println(a, b)
		}
		time.Sleep(time.Millisecond)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
