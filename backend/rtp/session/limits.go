package session

import "time"

// Limits of a stream.
const (
	MinRate, MaxRate = 8000, 384000          // Hz
	MaxPacket        = 50 * time.Millisecond // the longest packet
	MaxLatency       = 2 * time.Second       // of the jitter buffer
	// MaxPayload is how many bytes of sound fit into a packet that no network on the way has to divide.
	MaxPayload = 1440 // AES67-2018 part 6.3
	// KeyBytes is the master key of SRTP with AES_CM_128_HMAC_SHA1_80 (RFC 3711), and the salt behind it.
	KeyBytes = 16 + 14
)

// LongestPacket is MaxPacket in frames.
func LongestPacket(rate int) int { return rate / int(time.Second/MaxPacket) }
