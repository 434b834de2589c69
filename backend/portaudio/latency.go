//go:build portaudio && cgo

package portaudio

import (
	"sync/atomic"
	"time"
)

// latency is how long the first frame of a block is on its way between the callback and the
// world. PortAudio promises one when it opens a device, and tells the true one with each
// block: behind a plugin of alsa-lib it is another one, and changes.
type latency struct {
	promised time.Duration
	told     atomic.Int64 // ns
}

// longestLatency is what is believed: a calendar's clock that was set meanwhile makes nonsense.
const longestLatency = 10 * time.Second

// note is for the callback; does not block or allocate.
func (l *latency) note(d time.Duration) { l.told.Store(int64(d)) }

// now is that of the last block; settled: buffers have filled since the start.
func (l *latency) now(settled bool) time.Duration {
	if d := time.Duration(l.told.Load()); settled && d > 0 && d < longestLatency {
		return d
	}
	return l.promised
}
