package rtp

import "github.com/loopbridge/loopbridge/backend/rtp/session"

// An adaptive stream is as far behind as its latest packets need, and a bit more.
const (
	spare  = 1000        // part of a second that is kept free beyond the latest packet
	season = int64(10e9) // ns for which that must be too much until latency becomes shorter
	most   = 1 << 62     // frames: nothing has come yet
)

// adaptation is what an adaptive intake knows: plain data.
type adaptation struct {
	Extra int64 `json:"extra,omitempty"` // frames beyond the wanted latency
	Slack int64 `json:"slack,omitempty"` // how early the latest packet of this season came, in frames
	Ends  int64 `json:"ends,omitempty"`  // when the season ends
}

// adapt makes the latency longer if a packet comes too late, and shorter after a season in which all came too early.
func (in *intake) adapt(q, at int64, p *pace) {
	step := in.step()
	slack := q + in.Depth + step - p.position(at)
	free := int64(in.format.Rate / spare)
	switch {
	case slack < 0:
		in.extend(in.Extra+free-slack, step)
		in.Slack, in.Ends = most, at+season
	case at > in.Ends:
		if in.Slack < most && in.Slack > 2*free {
			in.extend(in.Extra-in.Slack+free, step)
		}
		in.Slack, in.Ends = most, at+season
	default:
		in.Slack = min(in.Slack, slack)
	}
}

// extend sets what the latency is beyond the wanted one, in whole steps.
func (in *intake) extend(frames, step int64) {
	limit := in.format.Frames(session.MaxLatency) - in.margin
	frames = max(0, min(frames, limit)+step-1) / step * step
	in.deepen(in.Depth + frames - in.Extra)
	in.Extra = frames
}
