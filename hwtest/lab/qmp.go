package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// monitor speaks QMP, QEMU's protocol of JSON objects. Do may be called from any
// goroutine.
type monitor struct {
	out    *json.Encoder
	mu     sync.Mutex // one command at a time
	reply  chan message
	events chan message
	done   chan struct{} // closed when the line is
}

// message is all that QEMU says.
type message struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class, Desc string
	} `json:"error"`
	Event string `json:"event"`
	Data  struct {
		Device string `json:"device"`
	} `json:"data"`
}

var errGone = errors.New("the machine is gone")

// newMonitor greets QEMU. It reads until the line ends.
func newMonitor(line io.ReadWriter) *monitor {
	m := &monitor{
		out: json.NewEncoder(line), reply: make(chan message, 1),
		events: make(chan message, 64), done: make(chan struct{}),
	}
	go m.listen(json.NewDecoder(line))
	return m
}

func (m *monitor) listen(in *json.Decoder) {
	defer close(m.done)
	for {
		var got message
		if err := in.Decode(&got); err != nil {
			return
		}
		switch {
		case got.Event != "":
			select {
			case m.events <- got:
			default: // nobody waits for events; the newest are of no more use than the oldest
			}
		case got.Return != nil || got.Error != nil:
			m.reply <- got
		}
	}
}

// Do executes a command and waits for its answer.
func (m *monitor) Do(command string, arguments map[string]any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.do(command, arguments)
}

func (m *monitor) do(command string, arguments map[string]any) error {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := m.out.Encode(request); err != nil {
		return errGone
	}
	select {
	case got := <-m.reply:
		if got.Error != nil {
			return fmt.Errorf("%s: %s", command, got.Error.Desc)
		}
		return nil
	case <-m.done:
		return errGone
	}
}

// Unplug takes a device away and waits until the guest has let go of it.
func (m *monitor) Unplug(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.events) > 0 {
		<-m.events
	}
	if err := m.do("device_del", map[string]any{"id": id}); err != nil {
		return err
	}
	for {
		select {
		case e := <-m.events:
			if e.Event == "DEVICE_DELETED" && e.Data.Device == id {
				return nil
			}
		case <-m.done:
			return errGone
		}
	}
}

// Plug adds a device, described as in QEMU's argument -device.
func (m *monitor) Plug(device string) error {
	arguments := map[string]any{}
	driver, rest, _ := strings.Cut(device, ",")
	arguments["driver"] = driver
	for field := range strings.SplitSeq(rest, ",") {
		if name, value, ok := strings.Cut(field, "="); ok {
			arguments[name] = value
		}
	}
	return m.Do("device_add", arguments)
}
