package lab

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
)

// fakeQEMU answers QMP on one end of a line; it returns the other end, and what it was told.
func fakeQEMU(t *testing.T) (net.Conn, <-chan string) {
	ours, theirs := net.Pipe()
	told := make(chan string, 16)
	go func() {
		fmt.Fprintln(theirs, `{"QMP": {"version": {}, "capabilities": []}}`)
		for s := bufio.NewScanner(theirs); s.Scan(); {
			told <- s.Text()
			var c struct{ Execute string }
			json.Unmarshal(s.Bytes(), &c)
			switch c.Execute {
			case "device_del":
				fmt.Fprintln(theirs, `{"event": "DEVICE_DELETED", "data": {"path": "/machine/peripheral/dac/x"}}`)
				fmt.Fprintln(theirs, `{"return": {}}`)
				fmt.Fprintln(theirs, `{"event": "DEVICE_DELETED", "data": {"device": "dac", "path": "/x"}}`)
			case "device_add":
				fmt.Fprintln(theirs, `{"error": {"class": "GenericError", "desc": "Duplicate ID"}}`)
			case "quit":
				theirs.Close()
				return
			default:
				fmt.Fprintln(theirs, `{"return": {}}`)
			}
		}
	}()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, told
}

func TestMonitor(t *testing.T) {
	line, told := fakeQEMU(t)
	m := newMonitor(line)
	if err := m.Do("qmp_capabilities", nil); err != nil {
		t.Error(err)
	}
	<-told
	if err := m.Unplug("dac"); err != nil {
		t.Error(err)
	}
	if got := <-told; got != `{"arguments":{"id":"dac"},"execute":"device_del"}` {
		t.Error(got)
	}
	if err := m.Plug("usb-audio,id=dac,bus=xhci.0"); err == nil || !strings.Contains(err.Error(), "Duplicate ID") {
		t.Errorf("an error of QEMU became %v", err)
	}
	if got := <-told; got != `{"arguments":{"bus":"xhci.0","driver":"usb-audio","id":"dac"},"execute":"device_add"}` {
		t.Error(got)
	}
	if err := m.Do("quit", nil); !errors.Is(err, errGone) {
		t.Errorf("QEMU is gone, and Do says %v", err)
	}
	if err := m.Unplug("dac"); !errors.Is(err, errGone) {
		t.Errorf("QEMU is gone, and Unplug says %v", err)
	}
}

func TestDeskRefuses(t *testing.T) {
	m := &machine{config: Config{Cards: AllCards(), Work: t.TempDir()}}
	ours, theirs := net.Pipe()
	defer ours.Close()
	m.lines = &lines{control: theirs}
	d := newDesk(m)
	answers := bufio.NewReader(ours)
	for request, want := range map[string]string{
		"": "error", "unplug": "error", "unplug HDA": "no card HDA", "dance dac": "not dance",
		"stop forever": "no such time", "stop 5h": "no such time", "mark begin": "ok",
	} {
		go d.serve(request)
		if got, err := answers.ReadString('\n'); err != nil || !strings.Contains(got, want) {
			t.Errorf("%q: answer %q, %v", request, got, err)
		}
	}
	if len(d.marks) != 1 || d.marks[0].Name != "begin" {
		t.Errorf("marks %v", d.marks)
	}
}

func TestWhatTheFirstProcessSays(t *testing.T) {
	for _, c := range []struct {
		said string
		exit int
		want string // in the error
	}{
		{"running\nexit 0", 0, ""}, {"running\nexit 137", 137, ""},
		{"failed driver snd: no", 0, "driver snd: no"}, {"running", 0, "went off"}, {"", 0, "went off"},
		{"running\nexit x", 0, "exit x"},
	} {
		m := &machine{desk: &desk{}}
		m.console.add("a last cry")
		r, err := m.judge(strings.Split(c.said, "\n"))
		switch {
		case c.want == "" && (err != nil || r.Exit != c.exit):
			t.Errorf("%q: %d, %v", c.said, r.Exit, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "a last cry")):
			t.Errorf("%q: %v", c.said, err)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var x tail
	for i := range 100 {
		x.add(fmt.Sprint("line ", i))
	}
	if text := x.text(); !strings.Contains(text, "line 99") || !strings.Contains(text, "line 60") || strings.Contains(text, "line 59") {
		t.Error(text)
	}
}
