package tap

import (
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/mixer"
)

// Place is what can be heard.
type Place struct {
	Subject string          // as Patchbay.Find takes it
	Side    audio.Direction // 0: what it plays, or, if it plays nothing, what it records
}

// ParsePlace understands SUBJECT, SUBJECT:play and SUBJECT:record. It does not look whether there is one.
func ParsePlace(text string) (Place, error) {
	p := Place{Subject: text}
	for _, side := range audio.Directions() {
		if name, ok := strings.CutSuffix(text, ":"+side.String()); ok {
			p = Place{Subject: name, Side: side}
		}
	}
	if p.Subject == "" {
		return p, audio.ErrInvalid.With("%q is no place: write a device, an end or a route, as main:play, loop0/client or route/mic", text)
	}
	return p, nil
}

// String returns the text that ParsePlace understands.
func (p Place) String() string {
	if p.Side == 0 {
		return p.Subject
	}
	return p.Subject + ":" + p.Side.String()
}

// probes returns what hears the place now.
func (p Place) probes(s loop.Subject) []*mixer.Probe {
	if p.Side != 0 {
		return s.Probes(p.Side, room)
	}
	for _, side := range audio.Directions() {
		if all := s.Probes(side, room); len(all) > 0 {
			return all
		}
	}
	return nil
}
