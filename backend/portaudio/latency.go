//go:build portaudio && cgo

package portaudio

import (
	"sync/atomic"
	"time"
)

// latency is the time of the first frame of a block between the callback and the world. PortAudio
// promises one when it opens a device and reports the true one with each block: behind a plugin
// of alsa-lib it differs and changes.
type latency struct {
	promised time.Duration
	told     atomic.Int64 // as last reported, ns
}

// longestLatency is the largest value believed: setting the system clock produces nonsense.
const longestLatency = 10 * time.Second

// note stores what PortAudio reports. The callback calls it; it neither blocks nor allocates.
func (l *latency) note(d time.Duration) { l.told.Store(int64(d)) }

// now returns the latency of the last block; settled says that buffers have filled since the
// start.
func (l *latency) now(settled bool) time.Duration {
	if d := time.Duration(l.told.Load()); settled && d > 0 && d < longestLatency {
		return d
	}
	return l.promised
}
