package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// Mix is what a person wants of one client among those that a device plays; what is nil
// stays as it is.
type Mix struct {
	Gain    *int  `json:"gain"`    // 0..255, 255 is unity
	Balance *int  `json:"balance"` // 0..64, 32 is the middle
	Mute    *bool `json:"mute"`
}

// apply is s with what m wants. ErrInvalid names the field and its range.
func (m Mix) apply(s mixer.Setting) (mixer.Setting, error) {
	if m.Gain != nil {
		if s.Gain = *m.Gain; s.Gain < 0 || s.Gain > mixer.MaxGain {
			return s, audio.ErrInvalid.With("gain = %d: out of range, use 0..%d", s.Gain, mixer.MaxGain)
		}
	}
	if m.Balance != nil {
		if s.Balance = *m.Balance; s.Balance < 0 || s.Balance > mixer.MaxBalance {
			return s, audio.ErrInvalid.With("balance = %d: out of range, use 0..%d", s.Balance, mixer.MaxBalance)
		}
	}
	if m.Mute != nil {
		s.Mute = *m.Mute
	}
	return s, nil
}

// SetMix sets gain, balance and mute of the clients of a loop that a process holds, from
// the next cycle on; they last until the client closes. ErrNoDevice: no such loop, or
// client. ErrInvalid: a value out of range, or a loop whose clients are not mixed.
func (b *Patchbay) SetMix(name string, pid int, m Mix) error {
	l, err := b.find(name)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spec.Attached != PlaySide {
		return audio.ErrInvalid.With("%s: only what a device plays is mixed", name)
	}
	found := false
	for _, c := range l.clients {
		if c.holder.PID != pid {
			continue
		}
		found = true
		setting, err := m.apply(c.mix)
		if err != nil {
			return err
		}
		c.mix = setting
		if ln := c.line; ln != nil {
			l.engine.do(func() { ln.fader.Set(setting) })
		}
	}
	if !found {
		return audio.ErrNoDevice.With("%s: no client has pid %d", name, pid)
	}
	return nil
}
