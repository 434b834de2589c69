package loop

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Policy is what a server experiences when its client has gone (D15).
type Policy uint8

// The policies of on_client_close.
const (
	Reset   Policy = iota // end of stream: ErrReset until Halt (D13, D14)
	Hold                  // it sleeps until the next client
	Silence               // it gets silence, or plays to nobody, in real time
)

// policies is indexed by Policy.
var policies = [...]string{Reset: "reset", Hold: "hold", Silence: "silence"}

// String is the word of the configuration.
func (p Policy) String() string {
	if int(p) < len(policies) {
		return policies[p]
	}
	return "unknown"
}

// Side is what a device is to an attached loop: its server end.
type Side uint8

// The sides. Detached is a loop whose server is a program.
const (
	Detached   Side = iota
	PlaySide        // clients write, and the device plays the sum
	RecordSide      // clients read what the device records
)

// String is the word of the configuration, "" for Detached.
func (s Side) String() string {
	switch s {
	case PlaySide:
		return "play"
	case RecordSide:
		return "record"
	}
	return ""
}

// direction is what audio(7I) calls it; not for Detached.
func (s Side) direction() audio.Direction {
	if s == RecordSide {
		return audio.Record
	}
	return audio.Play
}

// Sharing is how many clients a loop may have at a time (D4).
type Sharing uint8

// The values of Sharing.
const (
	ByServer  Sharing = iota // one if the server is a program, several if it is a device
	Exclusive                // one
	Shared                   // several: writers are added up, readers each get every frame
)

func (s *Spec) shared() bool {
	return s.Clients == Shared || s.Clients == ByServer && s.Attached != Detached
}

// Spec is the configuration of a loop.
type Spec struct {
	Name string
	// Format is what a server gets that sets none; zero fields are D5's. For an attached loop it
	// is the device's, but for Positions.
	Format audio.Format
	// Period is how much a program moves at a time, if it does not say; 0:
	// pcm.DefaultPeriod.
	Period time.Duration
	// Buffer is the size of each end's ring in time, if the program asks for none;
	// 0: pcm.DefaultBuffer.
	Buffer time.Duration
	// Convert is how clients of other formats are converted (D12).
	Convert convert.Options
	// OnClientClose is Reset unless set.
	OnClientClose Policy
	// Attached makes the loop's device its server end, in the device's format, for
	// several clients at once (D4).
	Attached Side
	// Clients is how many there may be at a time (D4).
	Clients Sharing
	// StartTimeout bounds a server's wait for its client (D7); 0: for ever.
	StartTimeout time.Duration
}

// The memory of a ring, in bytes: a program may ask for anyRing, however long that
// lasts, and for more while it is no longer than pcm.MaxBuffer.
const (
	anyRing = 16 << 20 // what the ALSA plugin offers, which cannot count in seconds
	maxRing = 256 << 20
)

// sizes settles period and capacity of a ring in frames.
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
