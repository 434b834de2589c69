package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// A reader of the log that has stopped stops nobody. When it goes on it gets what was kept, and the number of
// the lines that were not.
func TestLogThatNobodyReads(t *testing.T) {
	reader, writer := io.Pipe()
	queue := newLogQueue(writer)
	log := zerolog.New(queue)
	const lines = 20_000
	for n := range lines {
		log.Info().Int("n", n).Str("filling", strings.Repeat("x", 100)).Msg("said")
	}
	out := &trial.Output{}
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(out, reader)
		read <- err
	}()
	out.Until(t, "lines of this log were lost")
	log.Info().Msg("the last")
	queue.Close()
	writer.Close()
	if err := <-read; err != nil {
		t.Error(err)
	}
	said, lost := 0, 0
	for _, l := range linesOf(t, out) {
		switch l.Message {
		case "said":
			said++
		case "lines of this log were lost":
			lost += l.Lines
		}
	}
	if said+lost != lines || said < 1000 || lost == 0 || out.Line("the last") == "" {
		t.Errorf("%d lines and %d lost, of %d; the last is %q", said, lost, lines, out.Line("the last"))
	}
}

// fullDisk takes a few bytes and then no more, until it is made room.
type fullDisk struct {
	mu   sync.Mutex
	text bytes.Buffer
	room int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(p), d.room)
	d.room -= n
	d.text.Write(p[:n])
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (d *fullDisk) grow(by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room += by
}

// The log is on a disk that is full for a while. Lines after that are whole, and say how many are missing.
func TestLogOnAFullDisk(t *testing.T) {
	disk := &fullDisk{room: 150}
	queue := newLogQueue(disk)
	log := zerolog.New(queue)
	for n := range 10 {
		log.Info().Int("n", n).Msg("said")
	}
	servertest.Until(t, "the disk to be full", func() bool {
		queue.mu.Lock()
		defer queue.mu.Unlock()
		return queue.lost > 0 && queue.bytes == 0
	})
	disk.grow(1000)
	log.Info().Msg("there is room")
	queue.Close()
	var whole, lost int
	for text := range strings.Lines(disk.text.String()) {
		var l logged
		if err := decode(text, &l); err != nil {
			continue // the one that was cut off
		}
		whole++
		lost += l.Lines
	}
	if !strings.Contains(disk.text.String(), "\n"+`{"level":"info","message":"there is room"}`+"\n") ||
		!strings.Contains(disk.text.String(), "no space left on device") || whole+lost != 10+2 {
		t.Errorf("%d whole lines, %d lost: %s", whole, lost, disk.text.String())
	}
}

// A log that takes nothing at all does not keep the daemon from ending.
func TestLogThatNeverTakesAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		queue := newLogQueue(writer)
		fmt.Fprintln(queue, "a line")
		queue.Close()
		reader.CloseWithError(errors.New("the end"))
		<-queue.done
	})
}
