package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// kernelFault is what some kernels say (6.1.170 to 6.1.174) when they start a stream of a USB
// card the first time after it was plugged in, or came back from a suspend; the program gets
// EPIPE. Closed and opened again it starts.
const kernelFault = "XRUN at starting EP"

// replug takes the card away and puts it back.
func (b *bench) replug() {
	b.Helper()
	if err := lab.Ask("unplug " + b.card.Unplug); err != nil {
		b.Fatalf("%v", err)
	}
	b.until("the card is gone", func() bool { return !b.there() })
	if err := lab.Ask("plug " + b.card.Unplug); err != nil {
		b.Fatalf("%v", err)
	}
	b.until("the card is back", b.there)
}

// starts has aplay start the card that was just plugged in, and tells what the kernel makes of
// that. There are two ways that are known, and each other is an error: it plays, or the kernel
// says its fault, aplay fails, and the next aplay plays. Nothing of ours takes part.
func starts(b *bench) {
	ear := b.card.Ears[0]
	b.replug()
	b.say("%s", b.firstStart(ear))
}

// firstStart says how the card started.
func (b *bench) firstStart(ear plan.Ear) string {
	b.Helper()
	b.open(ear)
	listen, err := kernelTells("snd_usb_audio")
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer listen()
	said, err := b.playsCounted(ear)
	fault := strings.Contains(listen(), kernelFault)
	switch {
	case err == nil && !fault:
		return "plain aplay plays at once"
	case err == nil || !fault:
		b.Fatalf("plain aplay after it was plugged in: %v; the kernel has said %q: %t\n%s", err, kernelFault, fault, said)
	}
	first := strings.TrimSpace(said)
	if said, err = b.playsCounted(ear); err != nil {
		b.Fatalf("plain aplay at its second start, too: %v\n%s", err, said)
	}
	return fmt.Sprintf("this kernel's first start of a USB stream fails: it says %q, plain aplay %q; the second works", kernelFault, first)
}

// playsCounted has aplay play numbered frames, and says what aplay said.
func (b *bench) playsCounted(ear plan.Ear) (said string, err error) {
	b.Helper()
	f := hear.CountFormat(ear.Rate)
	before := b.recorded(ear).Frames()
	cmd := exec.Command("aplay", aplay(fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM), f)...)
	silence := strings.Repeat("\x00", pause*f.FrameBytes())
	cmd.Stdin = strings.NewReader(silence + string(hear.Count(1, ear.Rate)) + silence)
	out, err := cmd.CombinedOutput()
	if err == nil {
		b.follow("aplay", fromFirst(b.recorded(ear).From(before).PCM), ear.Rate)
	}
	return string(out), err
}

// kernelTells has a driver say what it does. listen returns what the kernel has said since, and
// ends that.
func kernelTells(driver string) (listen func() string, err error) {
	const control = "/proc/dynamic_debug/control"
	if err := os.WriteFile(control, []byte("module "+driver+" +p"), 0o644); err != nil {
		return nil, err
	}
	before := len(kernelLog())
	return func() string {
		_ = os.WriteFile(control, []byte("module "+driver+" -p"), 0o644)
		text := kernelLog()
		return text[min(before, len(text)):]
	}, nil
}

// kernelLog is all that the kernel remembers of what it has said.
func kernelLog() string {
	const all = 3 // SYSLOG_ACTION_READ_ALL
	text := make([]byte, 1<<20)
	n, err := syscall.Klogctl(all, text)
	if err != nil {
		return ""
	}
	return string(text[:n])
}
