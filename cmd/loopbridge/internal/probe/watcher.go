package probe

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/loop/pcm"
)

// watcher samples how far the engine came with both ends, and what the devices hold beyond it.
type watcher struct {
	play, record *pcm.PCM

	mu                     sync.Mutex
	played, recorded       []cycle
	playHeld, recordedHeld []int // frames
}

// cycle is a position of the engine at an end.
type cycle struct {
	position uint64
	ns       int64
}

// watching is how often the watcher looks: it need not see every cycle.
const watching = 2 * time.Millisecond

func newWatcher(play, record *pcm.PCM) *watcher { return &watcher{play: play, record: record} }

// run samples until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	tick := time.NewTicker(watching)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		w.mu.Lock()
		if see(&w.played, w.play) {
			w.playHeld = append(w.playHeld, w.play.DeviceDelay())
		}
		if see(&w.recorded, w.record) {
			w.recordedHeld = append(w.recordedHeld, w.record.DeviceDelay())
		}
		w.mu.Unlock()
	}
}

// see adds a cycle that is new.
func see(all *[]cycle, p *pcm.PCM) bool {
	position, ns := p.Cycle()
	if ns == 0 || position == 0 || len(*all) > 0 && (*all)[len(*all)-1].ns == ns {
		return false
	}
	*all = append(*all, cycle{position, ns})
	return true
}

// seen returns how many cycles of both ends were seen.
func (w *watcher) seen() (play, record int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.played), len(w.recorded)
}

// delays returns the usual delays of the devices.
func (w *watcher) delays() (play, record int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return middle(w.playHeld), middle(w.recordedHeld)
}

func middle(all []int) int {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// recent relates the positions of both ends, by the latest cycles.
func (w *watcher) recent() (alignment, error) {
	const enough = 32
	w.mu.Lock()
	defer w.mu.Unlock()
	played, recorded := w.played[max(0, len(w.played)-enough):], w.recorded[max(0, len(w.recorded)-enough):]
	return align(played, recorded, 0)
}

// align relates the positions of both ends, by cycles since a position of the one that plays.
func (w *watcher) align(since uint64) (alignment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return align(w.played, w.recorded, since)
}
