package loop

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Policy is what a server experiences when its client has gone.
type Policy uint8

// The policies of on_client_close.
const (
	Reset   Policy = iota // end of stream: ErrReset until Halt
	Hold                  // it sleeps until the next client
	Silence               // it reads silence, or its frames are dropped, in real time
)

// policies is indexed by Policy.
var policies = [...]string{Reset: "reset", Hold: "hold", Silence: "silence"}

// String returns the word of the configuration.
func (p Policy) String() string {
	if int(p) < len(policies) {
		return policies[p]
	}
	return "unknown"
}

// Sharing is how many clients a loop may have at a time.
type Sharing uint8

// The values of Sharing.
const (
	ByServer  Sharing = iota // one if the server is a program, several if it is a device
	Exclusive                // one
	Shared                   // several: writers are mixed, every reader gets every frame
)

func (s *Spec) shared() bool {
	return s.Clients == Shared || s.Clients == ByServer && s.Attached != 0
}

// Spec is the configuration of a loop.
type Spec struct {
	Name string
	// Format is for a server that sets none; zero fields are those of audio.DefaultFormat. An attached loop
	// has the device's format, but these Positions.
	Format audio.Format
	// Period is how much a program moves at a time unless it asks otherwise; 0: pcm.DefaultPeriod.
	Period time.Duration
	// Buffer is the duration of an end's ring unless the program asks otherwise; 0: pcm.DefaultBuffer.
	Buffer time.Duration
	// Convert is how clients with other formats are converted.
	Convert convert.Options
	// OnClientClose is Reset unless set.
	OnClientClose Policy
	// Attached makes a side of the device the server end, in the device's format: Play, to which
	// clients write, or Record, which they read. 0: the server is a program.
	Attached audio.Direction
	tap      bool // Attached to a tap: clients read, and the device does not count them
	// Clients is how many there may be at a time.
	Clients Sharing
	// StartTimeout limits a server's wait for its client; 0: no limit.
	StartTimeout time.Duration
}

// The memory of a ring, in bytes: a program may ask for anyRing, whatever its duration, and for up to
// maxRing if it is no longer than pcm.MaxBuffer.
const (
	anyRing = 16 << 20 // what the ALSA plugin offers, in bytes only
	maxRing = 256 << 20
)

// sizes returns period and capacity of a ring in frames, within the limits.
func (s *Spec) sizes(f audio.Format, period, buffer int) (int, int) {
	most := min(max(int(f.Frames(pcm.MaxBuffer)), anyRing/f.FrameBytes()), maxRing/f.FrameBytes())
	if period <= 0 {
		period = int(f.Frames(s.Period))
	}
	period = max(1, min(period, most/2))
	if buffer <= 0 {
		buffer = int(f.Frames(s.Buffer))
	}
	return period, max(2*period, min(buffer, most))
}
