package sdp

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// groups are the channel groups of SMPTE ST 2110-30 table 1 whose channels stand somewhere. The two surround channels of 5.1
// are ALSA's rear ones.
func groups() map[string][]audio.Position {
	return map[string][]audio.Position{
		"M":  {audio.Mono},
		"ST": {audio.FrontLeft, audio.FrontRight},
		"51": {audio.FrontLeft, audio.FrontRight, audio.FrontCentre, audio.LowFrequency, audio.RearLeft, audio.RearRight},
		"71": {audio.FrontLeft, audio.FrontRight, audio.FrontCentre, audio.LowFrequency, audio.SideLeft, audio.SideRight, audio.RearLeft, audio.RearRight},
	}
}

const convention = "SMPTE2110."

// order reads fmtp:98 channel-order=SMPTE2110.(ST). Any order but one of the groups leaves positions unknown.
func (r *reader) order(media int, d *Description) error {
	for _, a := range r.attributes(media, "fmtp") {
		kind, params, _ := strings.Cut(a.value, " ")
		if kind != fmt.Sprint(d.Type) {
			continue
		}
		for param := range strings.SplitSeq(params, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			list, known := strings.CutPrefix(value, convention)
			if key != "channel-order" || !known {
				continue
			}
			if !strings.HasPrefix(list, "(") || !strings.HasSuffix(list, ")") {
				return r.wrong(a.line, "the channel order must be as in SMPTE2110.(51,ST)")
			}
			if stand := groups()[list[1:len(list)-1]]; len(stand) == d.Channels {
				d.Positions = audio.PositionsOf(stand...)
			}
		}
	}
	return nil
}

// orderOf returns the channel order of a stream, "" if none is known.
func orderOf(p audio.Positions) string {
	for name, stand := range groups() {
		if audio.PositionsOf(stand...) == p {
			return convention + "(" + name + ")"
		}
	}
	return ""
}
