package rtp

import (
	"math"
	"net/netip"
)

// Never is a time that no clock reaches.
const Never = math.MaxInt64

// Net is the network of a stream, and its time in nanoseconds. Tests bring their own. Any goroutine may call Wake at
// any time, even after Close; only the engine's calls the other methods. Only Close may allocate.
type Net interface {
	// Now returns the time. It never decreases.
	Now() int64
	// Sleep blocks until Now has reached until, or Wake was called since the previous Sleep: then woken is true.
	Sleep(until int64) (woken bool, err error)
	// Wake ends the Sleep in progress, or else the next one. It does not block.
	Wake()
	// Receive takes datagrams that have come, without waiting for any, and returns how many: fewer than len(into) if
	// there are no more for now. Their bytes are valid until the next Receive.
	Receive(into []Datagram) (n int, err error)
	// Send sends datagrams on a path of Options.Send, without waiting, and returns how many the network took.
	Send(path int, datagrams [][]byte) (sent int)
	// Close is the last call but for Wake.
	Close() error
}

// Datagram is one that has come.
type Datagram struct {
	Data []byte
	At   int64 // when it came, in ns of Net.Now
	From netip.AddrPort
	Path int // which one of Options.Receive has brought it
}
