package config

import (
	"fmt"
	"strconv"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// devicePeriod is a period as written: a duration, or frames if count is not 0.
type devicePeriod struct {
	duration time.Duration
	count    int64
}

func (p *devicePeriod) set(v any) string {
	const use = `a duration such as "10ms" or a number of frames, 0.5ms..1s`
	switch v := v.(type) {
	case int64:
		return p.setFrames(v)
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return p.setFrames(n)
		}
		p.count = 0
		return setDuration(&p.duration, MinPeriod, MaxPeriod, "0.5ms..1s")(v)
	}
	return wrongType(v, use)
}

func (p *devicePeriod) setFrames(n int64) string {
	if n < 1 || n > audio.MaxRate {
		return "out of range, use 0.5ms..1s of frames"
	}
	p.count = n
	return ""
}

// frames returns the period in frames at the rate of f.
func (p *devicePeriod) frames(f audio.Format) (n int, reason string) {
	least, most := (f.Rate+1999)/2000, f.Rate // 0.5 ms rounded up, 1 s
	if p.count == 0 {
		return max(least, int(f.Frames(p.duration))), ""
	}
	if p.count < int64(least) || p.count > int64(most) {
		return least, fmt.Sprintf("out of range, use %d..%d frames at %d Hz (0.5ms..1s)", least, most, f.Rate)
	}
	return int(p.count), ""
}
