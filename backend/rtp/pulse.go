package rtp

import "github.com/loopbridge/loopbridge/audio"

// pulse watches whether a sender sends as many frames as its stream is said to have: one of 44100 Hz that is taken for one of 48000 Hz
// has no clock that could be followed. It is plain data.
type pulse struct {
	Since int64  `json:"since,omitempty"` // ns
	From  uint32 `json:"from,omitempty"`  // timestamp then
	Wrong int    `json:"wrong,omitempty"` // windows in a row
}

const (
	window    = int64(4e9) // ns
	tolerated = 0.01       // part of the rate
	proof     = 3          // windows
)

// beat takes a packet, and returns the rate of its sender if that is wrong for long, or 0.
func (u *pulse) beat(stamp uint32, at int64, rate int) int {
	if u.Since == 0 || at < u.Since {
		u.Since, u.From = at, stamp
		return 0
	}
	took := at - u.Since
	if took < window {
		return 0
	}
	sent := float64(int32(stamp-u.From)) * 1e9 / float64(took)
	u.Since, u.From = at, stamp
	off := sent/float64(rate) - 1
	if took > 2*window || off > -tolerated && off < tolerated || off < -0.9 || off > 9 { // a pause, or a jump of the timestamps
		u.Wrong = 0
		return 0
	}
	if u.Wrong++; u.Wrong < proof {
		return 0
	}
	return int(sent + 0.5)
}

// wrongRate says it for people.
func (s *stream) wrongRate(sent int) error {
	return audio.ErrIO.With("the sender of %v sends %d frames in a second, and not %d; set the rate of the device to that of the sender",
		s.o.Receive.Paths[0].To, sent, s.granted.Format.Rate)
}
