package daemon

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// logQueue writes lines on a goroutine of its own, so that a reader of the log that has stopped, or a full
// disk, never stops who logs. Lines without room are counted, and those that could not be written; the next
// that can be is followed by their number.
type logQueue struct {
	out  io.Writer
	wake chan struct{}
	done chan struct{} // closed when all is written after Close
	torn bool          // the last line is cut off; owned by the goroutine

	mu     sync.Mutex
	lines  [][]byte
	bytes  int // in lines
	lost   uint64
	why    string // the last line was lost
	closed bool
}

const (
	// logRoom is how many bytes may wait to be written.
	logRoom = 1 << 20
	// lastLines is how long Close waits for the lines to be written.
	lastLines = time.Second
)

func newLogQueue(out io.Writer) *logQueue {
	q := &logQueue{out: out, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go q.run()
	return q
}

// Write implements io.Writer for whole lines. It does not block, and never fails.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.bytes+len(line) > logRoom {
		q.lost++
		q.why = "nobody reads the log fast enough"
		return len(line), nil
	}
	q.lines = append(q.lines, bytes.Clone(line))
	q.bytes += len(line)
	q.rouse()
	return len(line), nil
}

func (q *logQueue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// settle blocks until all lines are written, but not for long.
func (q *logQueue) settle() {
	for till := time.Now().Add(lastLines / 4); q.waits() && time.Now().Before(till); time.Sleep(time.Millisecond) {
	}
}

// waits reports whether lines are still to be written.
func (q *logQueue) waits() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes > 0
}

// Close writes what waits, but gives up on a log that takes nothing.
func (q *logQueue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.rouse()
	patience := time.NewTimer(lastLines)
	defer patience.Stop()
	select {
	case <-q.done:
	case <-patience.C:
	}
}

func (q *logQueue) run() {
	defer close(q.done)
	for range q.wake {
		lines, closed := q.take()
		for _, line := range lines {
			q.written(len(line), q.put(line))
		}
		q.confess()
		if closed {
			return
		}
	}
}

// put writes a line, on a line of its own.
func (q *logQueue) put(line []byte) error {
	if q.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := q.out.Write(line)
	q.torn = err != nil && (n > 0 || q.torn)
	return err
}

// take returns the lines that wait. Their room is given back as they are written.
func (q *logQueue) take() (lines [][]byte, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lines, q.lines = q.lines, nil
	return lines, q.closed
}

func (q *logQueue) written(length int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes = max(0, q.bytes-length)
	if err != nil {
		q.lost++
		q.why = err.Error()
	}
}

// confess writes how many lines were lost, if any were and the log takes it.
func (q *logQueue) confess() {
	q.mu.Lock()
	lost, why := q.lost, q.why
	q.mu.Unlock()
	if lost == 0 {
		return
	}
	var text bytes.Buffer
	log := zerolog.New(&text).Hook(stamp())
	log.Warn().Uint64("lines", lost).Str("cause", why).Msg("lines of this log were lost")
	if q.put(text.Bytes()) == nil {
		q.mu.Lock()
		q.lost -= lost
		q.mu.Unlock()
	}
}
