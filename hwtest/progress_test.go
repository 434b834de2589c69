package hwtest_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What the program in the machine says of its progress. Lines that begin with @ are for the
// host, not for people.
const (
	stepsLine = "@cases " // how many there are
	beginLine = "@begin " // which begins
	endLine   = "@end"    // it has ended
)

// progress shows what a machine does. On a terminal its last line is the case that runs, and for
// how long; in a file there is a line each half minute that a case takes.
type progress struct {
	out      io.Writer
	terminal bool
	began    time.Time

	mu       sync.Mutex
	total    int
	ended    int
	running  string    // "": none
	since    time.Time // when it began
	shown    bool      // the last line of the terminal is one of the status
	finished chan struct{}
	quit     chan struct{}
}

const inFile = 30 * time.Second // between two lines of a case in a file

// newProgress begins to show; close ends that.
func newProgress(out io.Writer, terminal bool) *progress {
	p := &progress{out: out, terminal: terminal, began: time.Now(), finished: make(chan struct{}), quit: make(chan struct{})}
	p.since = p.began
	go p.tick()
	return p
}

// isTerminal reports whether a person sees it.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "" && os.Getenv("TERM") != "dumb"
}

func (p *progress) tick() {
	defer close(p.finished)
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	next := inFile
	for {
		select {
		case <-p.quit:
			return
		case <-seconds.C:
		}
		p.mu.Lock()
		switch long := time.Since(p.since); {
		case p.terminal:
			p.clear()
			p.status()
		case long < inFile:
			next = inFile
		case long >= next && p.running != "":
			next += inFile
			fmt.Fprintf(p.out, "        %s\n", p.state())
		}
		p.mu.Unlock()
	}
}

// state is "12/74 DAC: goes and comes ... 18 s".
func (p *progress) state() string {
	return fmt.Sprintf("%d/%d %s ... %d s", min(p.ended+1, p.total), p.total, p.running, time.Since(p.since)/time.Second)
}

// status writes the last line of a terminal, which has room for 79 letters of it.
func (p *progress) status() {
	text := fmt.Sprintf("the machine boots ... %d s", time.Since(p.since)/time.Second)
	if p.running != "" {
		text = p.state()
	} else if p.total > 0 {
		return
	}
	if long := []rune(text); len(long) > 79 {
		text = string(long[:50]) + "..." + string(long[len(long)-26:])
	}
	fmt.Fprint(p.out, text)
	p.shown = true
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	p.shown = false
}

// line takes a line of the machine, and shows it if it is meant for people.
func (p *progress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	switch {
	case strings.HasPrefix(text, stepsLine):
		fmt.Sscan(text[len(stepsLine):], &p.total)
	case strings.HasPrefix(text, beginLine):
		p.running, p.since = text[len(beginLine):], time.Now()
	case text == endLine:
		p.ended++
		p.running = ""
	case strings.HasPrefix(text, "@"): // for another reader
	default:
		fmt.Fprintf(p.out, "%5.1fs  %s\n", time.Since(p.began).Seconds(), text)
	}
	if p.terminal {
		p.status()
	}
}

// close returns how many cases have ended, of how many.
func (p *progress) close() (ended, total int) {
	close(p.quit)
	<-p.finished
	p.clear()
	return p.ended, p.total
}

func TestProgressOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out, true)
		time.Sleep(1500 * time.Millisecond)
		p.line(stepsLine + "74")
		p.line(beginLine + "DAC: goes and comes")
		time.Sleep(18 * time.Second)
		p.line("ok    DAC       goes and comes")
		p.line(endLine)
		if ended, total := p.close(); ended != 1 || total != 74 {
			t.Errorf("%d of %d", ended, total)
		}
		const clear = "\r\x1b[K"
		for _, want := range []string{
			"the machine boots ... 1 s" + clear, "1/74 DAC: goes and comes ... 17 s" + clear, " 19.5s  ok    DAC       goes and comes\n",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is missing in %q", want, out.String())
			}
		}
		if lines := strings.Count(out.String(), "\n"); lines != 1 {
			t.Errorf("%d lines stay, want one", lines)
		}
	})
}

func TestProgressInAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out, false)
		p.line(stepsLine + "2")
		for _, long := range []time.Duration{29, 70} {
			p.line(beginLine + fmt.Sprintf("DAC: for %d s", long))
			time.Sleep(long * time.Second)
			p.line("ok")
			p.line(endLine)
		}
		p.close()
		const want = " 29.0s  ok\n        2/2 DAC: for 70 s ... 30 s\n        2/2 DAC: for 70 s ... 60 s\n 99.0s  ok\n"
		if out.String() != want {
			t.Errorf("got  %q\nwant %q", out.String(), want)
		}
	})
}

// The machine counts those cases that go test runs.
func TestChosenCases(t *testing.T) {
	for _, c := range []struct {
		patterns, name string
		want           bool
	}{
		{"^TestCards$", "DAC/goes and comes", true},
		{"^TestCards$/DAC", "DAC/goes and comes", true},
		{"^TestCards$/DAC/goes_and", "DAC/goes and comes", true},
		{"^TestCards$/DAC/^comes", "DAC/goes and comes", false},
		{"^TestCards$/HDA", "DAC/goes and comes", false},
		{"^TestCards$/^(HDA|DAC)$/^(goes_and_comes|plays)$", "DAC/goes and comes", true},
		{"^TestCards$/HDA/plays|^TestCards$/DAC/goes", "DAC/goes and comes", true},
		{"^TestCards$/DAC/plays", "go test ../backend/alsa", false},
		{"^TestCards$/go_test/[.]", "go test ../backend/alsa", false},
	} {
		if got := matches(c.patterns, c.name); got != c.want {
			t.Errorf("%s %q: %t", c.patterns, c.name, got)
		}
	}
}
