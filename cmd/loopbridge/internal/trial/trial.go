// Package trial holds what the tests of the command share.
package trial

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/server/servertest"
)

// TempDir returns a folder for a test with a path short enough for sockets.
func TempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Output collects what a command prints or a daemon logs. Any goroutine may call its methods.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// Text returns all output so far.
func (o *Output) Text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Line returns the first line that contains words, or "".
func (o *Output) Line(words string) string {
	for line := range strings.Lines(o.Text()) {
		if strings.Contains(line, words) {
			return line
		}
	}
	return ""
}

// Until blocks until words were written.
func (o *Output) Until(t testing.TB, words string) {
	t.Helper()
	for deadline := time.Now().Add(servertest.Hang); !strings.Contains(o.Text(), words); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never said %q, but %q", words, o.Text())
		}
	}
}
