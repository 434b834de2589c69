package rtp

import "sync/atomic"

// stampClock hands from the engine's goroutine to others which timestamp was sent when. It is a sequence lock: the count is odd while
// the writer is at work.
type stampClock struct {
	count atomic.Uint32
	stamp atomic.Uint32
	at    atomic.Int64
}

// store takes a timestamp and its time.
func (c *stampClock) store(stamp uint32, at int64) {
	next := c.count.Load() + 1
	c.count.Store(next)
	c.stamp.Store(stamp)
	c.at.Store(at)
	c.count.Store(next + 1)
}

// stampAt returns the timestamp at a time, at a nominal rate.
func (c *stampClock) stampAt(now int64, rate int) uint32 {
	for {
		before := c.count.Load()
		stamp, at := c.stamp.Load(), c.at.Load()
		if before%2 == 0 && c.count.Load() == before {
			return stamp + uint32((now-at)/1000*int64(rate)/1e6)
		}
	}
}
