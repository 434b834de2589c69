//go:build portaudio && cgo

package hwtest_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gordonklaus/portaudio"
	"golang.org/x/sys/unix"
)

// bareCost is what PortAudio takes by itself in 10 s: the device is opened as package
// portaudio does it, in both directions, and calls what does nothing. The library is loaded.
func (b *bench) bareCost(period, periods int) time.Duration {
	b.Helper()
	devices, err := portaudio.Devices()
	if err != nil {
		b.Fatalf("%v", err)
	}
	name := strings.TrimPrefix(deviceName(b.card.Number, 0), "ALSA:")
	for _, d := range devices {
		if !strings.HasSuffix(d.Name, name) {
			continue
		}
		side := portaudio.StreamDeviceParameters{
			Device: d, Channels: 2, Latency: time.Duration(period*min(periods-1, 3)) * time.Second / 48000,
		}
		var thread atomic.Int64
		s, err := portaudio.OpenStream(portaudio.StreamParameters{
			Input: side, Output: side, SampleRate: 48000, FramesPerBuffer: period, Flags: portaudio.DitherOff,
		}, func(_, _ []int16, _ portaudio.StreamCallbackTimeInfo, _ portaudio.StreamCallbackFlags) {
			if thread.Load() == 0 {
				thread.Store(int64(unix.Gettid()))
			}
		})
		if err != nil {
			b.Fatalf("%v", err)
		}
		if err := s.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		time.Sleep(time.Second)
		file := fmt.Sprintf("/proc/self/task/%d/schedstat", thread.Load())
		before := b.schedstat(file)
		time.Sleep(10 * time.Second)
		used := b.schedstat(file) - before
		if err := s.Abort(); err != nil {
			b.Fatalf("%v", err)
		}
		_ = s.Close()
		return used
	}
	b.Fatalf("PortAudio does not know %s", name)
	return 0
}
