package lab

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// Inside reports whether this process runs in a machine of the laboratory.
func Inside() bool {
	_, err := os.Stat(filepath.Join(plan.Share, plan.Cards))
	return err == nil
}

// Seen lists the cards of the machine that this process runs in.
func Seen() ([]plan.Card, error) {
	text, err := os.ReadFile(filepath.Join(plan.Share, plan.Cards))
	if err != nil {
		return nil, err
	}
	var cards []plan.Card
	return cards, json.Unmarshal(text, &cards)
}

// Ask has the host do something, and returns when it is done:
//
//	mark NAME      note where the recordings are
//	unplug dac     take a card away; until the guest's controller has let go of it
//	plug dac       put it back; its recording begins anew
//	stop 200ms     hold the whole machine
//
// One process at a time may ask.
func Ask(request string) error {
	line, err := openPort(plan.Control)
	if err != nil {
		return err
	}
	defer line.Close()
	if _, err := fmt.Fprintln(line, request); err != nil {
		return err
	}
	answer, err := bufio.NewReader(line).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the host gave no answer to %q: %w", request, err)
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(answer), " ")
	if word != "ok" {
		return errors.New(rest)
	}
	return nil
}

// Awake keeps the machine's processor busy until sleep is called. While nothing runs there
// its time flies, whatever it waits for: with a limit, it must not wait for the host's files.
// After sleep the programs and libraries that this process has loaded are in memory as a whole.
// Outside of a machine it does nothing.
func Awake() (sleep func()) {
	if !Inside() {
		return func() {}
	}
	var enough atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !enough.Load() {
		}
	}()
	return func() {
		_ = syscall.Mlockall(syscall.MCL_CURRENT) // else it is as before
		enough.Store(true)
		<-done
	}
}

// openPort opens a port to the host by its name.
func openPort(name string) (*os.File, error) {
	found, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, file := range found {
		if text, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(text)) == name {
			return os.OpenFile("/dev/"+filepath.Base(filepath.Dir(file)), os.O_RDWR, 0)
		}
	}
	return nil, fmt.Errorf("this machine has no port %s: it is none of the laboratory", name)
}
