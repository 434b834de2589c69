package lab

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Watch measures time in a machine whose time is [Counted], between two things that happen
// there. It is no measure of the host: what passes is the instructions that were executed,
// 4 ns each, and the sleep of those who wait for a clock, to the nanosecond. A busy host takes
// longer for the same.
//
// But for one thing: while a program waits for the host (a file that is not in memory, Ask, a
// line of output) and nothing else runs, the machine's clock jumps from timer to timer, and
// the slower the host the further. The machine counts the answers of the host, so Read knows.
type Watch struct {
	began   time.Time
	answers uint64
	inside  bool
}

// StartWatch begins to measure.
func StartWatch() Watch {
	inside := Inside() // asks the host
	return Watch{time.Now(), hostAnswers(), inside}
}

// Read returns the time since the begin. It is not sound if the host has answered anybody
// meanwhile: then it may be too long, never too short. Elsewhere than in a machine it never is.
func (w Watch) Read() (elapsed time.Duration, sound bool) {
	elapsed = time.Since(w.began)
	return elapsed, w.inside && hostAnswers() == w.answers
}

// hostAnswers is the number of interrupts of the devices by which the host answers.
func hostAnswers() uint64 {
	text, _ := os.ReadFile("/proc/interrupts")
	return countAnswers(string(text))
}

// countAnswers adds up lines such as " 27:  4711  PCI-MSI 65537-edge  virtio1-requests".
func countAnswers(interrupts string) (sum uint64) {
	for line := range strings.Lines(interrupts) {
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.HasPrefix(fields[len(fields)-1], "virtio") {
			continue
		}
		for _, field := range fields[1:] { // a column for each processor
			n, err := strconv.ParseUint(field, 10, 64)
			if err != nil {
				break
			}
			sum += n
		}
	}
	return sum
}
