package alarm

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// Severity is how bad it is that an alarm is raised.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// String returns the word of the configuration.
func (s Severity) String() string { return string(s) }

// Window is over which time loudness is measured, as in EBU Tech 3341.
type Window string

// The windows: 400 ms, 3 s, and since the measurement began.
const (
	Momentary  Window = "momentary"
	ShortTerm  Window = "short-term"
	Integrated Window = "integrated"
)

// String returns the word of the configuration.
func (w Window) String() string { return string(w) }

// Limit is a threshold, in the unit of its condition.
type Limit struct {
	Set   bool
	Value float64
}

// At returns a limit that is set.
func At(v float64) Limit { return Limit{true, v} }

// Spec describes an alarm. It is a plain value.
type Spec struct {
	Name     string
	On       Kind
	Of       string // a place or a subject, whatever the condition needs
	Severity Severity

	Above, Below Limit         // the condition holds beyond them
	Hysteresis   float64       // how far a value must come back before the condition holds no more; in the unit
	Channel      int           // from 1; 0: all, the worst counts
	Window       Window        // of loudness
	Per          time.Duration // of xruns and of packets: in which time they are counted

	For   time.Duration // how long the condition holds before the alarm is raised
	Clear time.Duration // how long it does not hold before the alarm is over

	Webhook Webhook
	Command Command
}

// Default returns what a condition has where a configuration says nothing, with the limits that are not required.
func Default(k Kind) Spec {
	s := Spec{On: k, Severity: Warning, Clear: 10 * time.Second,
		Webhook: Webhook{Timeout: 5 * time.Second}, Command: Command{Timeout: 10 * time.Second}}
	c, known := Find(k)
	if !known {
		return s
	}
	s.For, s.Above, s.Below, s.Hysteresis = c.For, c.Above.Default, c.Below.Default, c.Hysteresis
	if k == Loudness {
		s.Window = ShortTerm
	}
	if k == Xruns || k == PacketsLost {
		s.Per = time.Minute
	}
	return s
}

// Check returns ErrInvalid if no alarm can be as a Spec says.
func (s *Spec) Check() error {
	c, known := Find(s.On)
	_, noPlace := tap.ParsePlace(s.Of)
	switch {
	case s.Name == "":
		return audio.ErrInvalid.With("an alarm needs a name")
	case !known:
		return audio.ErrInvalid.With("alarm %s: there is no condition %q", s.Name, s.On)
	case s.Of == "":
		return audio.ErrInvalid.With("alarm %s: it does not say what it is of", s.Name)
	case c.Needs == Sound && noPlace != nil:
		return audio.ErrInvalid.With("alarm %s: %v", s.Name, noPlace)
	case c.Lacks(s) != "":
		return audio.ErrInvalid.With("alarm %s: %s", s.Name, c.Lacks(s))
	case s.For < 0 || s.Clear < 0 || s.Hysteresis < 0 || s.Channel < 0:
		return audio.ErrInvalid.With("alarm %s: times, hysteresis and channel are not negative", s.Name)
	case s.Webhook.URL != "" && (!CheckURL(s.Webhook.URL) || s.Webhook.Timeout <= 0):
		return audio.ErrInvalid.With("alarm %s: its webhook is no address, or has no time to answer", s.Name)
	case len(s.Command.Run) > 0 && (s.Command.Run[0] == "" || s.Command.Timeout <= 0):
		return audio.ErrInvalid.With("alarm %s: its command is empty, or has no time to run", s.Name)
	}
	return nil
}

// Lacks says which threshold a Spec has not, or "".
func (c *Condition) Lacks(s *Spec) string {
	switch {
	case c.Above.Use == Must && !s.Above.Set:
		return string(c.Kind) + " needs a threshold, above"
	case c.Below.Use == Must && !s.Below.Set:
		return string(c.Kind) + " needs a threshold, below"
	case !s.Above.Set && !s.Below.Set:
		return string(c.Kind) + " needs a threshold, above or below"
	}
	return ""
}

// Same reports whether what another Spec watches is the same, so that the state of the alarm stays true: all else are
// parameters.
func (s *Spec) Same(o *Spec) bool {
	return s.Name == o.Name && s.On == o.On && s.Of == o.Of && s.Channel == o.Channel && s.Window == o.Window
}
