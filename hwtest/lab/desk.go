package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Mark is a moment that the program has named.
type Mark struct {
	Name  string
	Bytes map[string]int64 // of each recording by then, by its file below plan.Share
}

// desk answers the requests of the program in the guest.
type desk struct {
	m     *machine
	marks []Mark
	gone  map[string]int // how often a card was unplugged
}

func newDesk(m *machine) *desk { return &desk{m: m, gone: map[string]int{}} }

// serve answers one line with one line.
func (d *desk) serve(request string) {
	answer, err := d.do(strings.Fields(request))
	if err != nil {
		answer = "error " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	fmt.Fprintln(d.m.lines.control, answer) // the program is gone if that fails
}

func (d *desk) do(words []string) (string, error) {
	if len(words) != 2 {
		return "", fmt.Errorf("a request is a word and what it is about, such as: unplug dac")
	}
	switch about := words[1]; words[0] {
	case "mark":
		d.mark(about)
		return "ok", nil
	case "unplug":
		_, err := d.pluggable(about)
		if err == nil {
			err = d.m.monitor.Unplug(about)
		}
		return "ok", err
	case "plug":
		c, err := d.pluggable(about)
		if err == nil {
			err = d.plug(c)
		}
		return "ok", err
	case "stop":
		return "ok", d.stop(about)
	}
	return "", fmt.Errorf("the host knows mark, unplug, plug and stop, not %s", words[0])
}

// mark notes how long each recording is.
func (d *desk) mark(name string) {
	m := Mark{Name: name, Bytes: map[string]int64{}}
	for _, c := range d.m.config.Cards {
		for _, out := range c.seen().Ears {
			if info, err := os.Stat(filepath.Join(d.m.share(), out.File)); err == nil {
				m.Bytes[out.File] = info.Size()
			}
		}
	}
	d.marks = append(d.marks, m)
}

func (d *desk) pluggable(name string) (Card, error) {
	for _, c := range d.m.config.Cards {
		if c.unplug == name {
			return c, nil
		}
	}
	return Card{}, fmt.Errorf("there is no card %s that can be unplugged", name)
}

// plug adds a card again. QEMU begins its recording anew, so the one until now gets
// another name: DAC-0.wav.1 and so on.
func (d *desk) plug(c Card) error {
	d.gone[c.id]++
	for _, dev := range c.devices {
		file := filepath.Join(d.m.share(), c.recording(dev.pcm))
		if err := os.Rename(file, fmt.Sprintf("%s.%d", file, d.gone[c.id])); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := d.m.monitor.Plug(dev.args + ",audiodev=" + c.recordingID(dev.pcm)); err != nil {
			return err
		}
	}
	return nil
}

// stop holds the whole machine for so long, as a host does that is suspended.
func (d *desk) stop(long string) error {
	t, err := time.ParseDuration(long)
	if err != nil || t > time.Minute {
		return fmt.Errorf("stop 200ms: %s is no such time", long)
	}
	if err := d.m.monitor.Do("stop", nil); err != nil {
		return err
	}
	time.Sleep(t)
	return d.m.monitor.Do("cont", nil)
}
