package state

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// FormatRule says how a set may change the format fields. Their present values are always
// accepted.
type FormatRule uint8

// The rules for the format.
const (
	FormatFixed FormatRule = iota // another value is EINVAL, as for control programs
	FormatBusy                    // another value is EBUSY: the stream is running
	FormatFree                    // any valid format, for the program that holds the stream, between sessions
)

// SideRules says what one side of a device allows.
type SideRules struct {
	Exclusive      bool // one port at a time
	Format         FormatRule
	FragmentFrames int // smallest buffer_size
	MaxFrames      int // largest buffer_size; 0: the buffer cannot be set
	DefaultFrames  int // buffer after an open or a change of format; 0: a fragment
}

// Rules says what a device allows beyond what its Info says.
type Rules struct {
	Play, Record SideRules
}

func (r *Rules) side(d audio.Direction) *SideRules {
	if d == audio.Record {
		return &r.Record
	}
	return &r.Play
}

// buffer returns the buffer_size for a number of frames, limited to the rules and to as many
// whole frames as 32 bits can count in bytes.
func (r SideRules) buffer(frames int, f audio.Format) int {
	size := f.FrameBytes()
	if size == 0 {
		return 0
	}
	if r.MaxFrames > 0 {
		frames = min(frames, r.MaxFrames)
	}
	return min(max(frames, r.FragmentFrames), math.MaxUint32/size) * size
}

// Reply is the result of a set.
type Reply struct {
	Info    Info     // the new state, except that counters that were set have their old values
	Changed FieldSet // fields whose values differ now; a gain is listed without its gain_db
	Ignored FieldSet // fields without effect: the side is closed, waiting cannot be cleared, record has no eof
	Changes []Change // as Compare lists them
}

// Compare fills in Changes. Info must have the counters of the moment at which they were set:
// they keep counting, and only the reply knows what they were.
func (r *Reply) Compare(before *Info, p Patch) {
	r.Changes = []Change{}
	for f := range Fields() {
		c := Change{Field: f, Old: f.Get(before), New: f.Get(&r.Info)}
		if v, asked := p.Get(f); asked && f.Access()&Counts != 0 && !r.Ignored.Has(f) {
			c.Old, c.New = f.Get(&r.Info), v
		} else if !r.Changed.Has(f) {
			continue
		}
		if c.Old != c.New {
			r.Changes = append(r.Changes, c)
		}
	}
}

// Apply performs AUDIO_SETINFO: it applies all of the patch, or nothing and returns [Problems].
// It allocates only for an error.
//
// i must be the current state: counters are read and reset in one step.
func (i *Info) Apply(p Patch, r Rules) (Reply, error) {
	c := change{next: *i, patch: p}
	for d := audio.Play; d <= audio.Record; d++ { // devices before streams, and play before record
		c.device(d, r.side(d))
	}
	c.monitor()
	c.take(OutputMuted)
	for d := audio.Play; d <= audio.Record; d++ {
		c.stream(d)
	}
	if err := c.problems.err(); err != nil {
		return Reply{}, err
	}
	reply := Reply{Info: c.next, Changed: changed(i, &c.next), Ignored: c.ignored}
	for f := range p.has.All() {
		if f.Access()&Counts != 0 {
			f.put(&reply.Info, f.Get(i))
		}
	}
	*i = c.next
	return reply, nil
}

// change is a set in progress.
type change struct {
	next     Info
	patch    Patch
	ignored  FieldSet
	problems Problems
}

// device sets the fields that the device has a say in.
func (c *change) device(d audio.Direction, r *SideRules) {
	s := c.next.Side(d)
	c.format(d, r)
	c.take(PlayGain.On(d))
	c.take(PlayBalance.On(d))
	c.port(d, r)
	c.take(PlaySamples.On(d))
	if v, ok := c.patch.Get(PlayBufferSize.On(d)); ok && r.MaxFrames > 0 && s.Format.FrameBytes() > 0 {
		s.BufferBytes = r.buffer(int(v)/s.Format.FrameBytes(), s.Format)
	} else if ok && int(v) != s.BufferBytes {
		c.refuse(PlayBufferSize.On(d), "it cannot be changed here", fmt.Sprintf("leave it at %d", s.BufferBytes))
	}
}

// stream sets the fields of the program that has the side open; a closed side ignores them.
func (c *change) stream(d audio.Direction) {
	s := c.next.Side(d)
	for _, play := range [...]Field{PlayPause, PlayEOF, PlayError, PlayWaiting} {
		f := play.On(d)
		v, ok := c.patch.Get(f)
		switch {
		case !ok:
		case !s.Open, f.Access()&NoEffect != 0, f.Access()&RaiseOnly != 0 && v == 0:
			c.ignored = c.ignored.With(f)
		default:
			f.put(&c.next, v)
		}
	}
	s.Active = s.Active && !s.Pause
}

// format sets the format fields together.
func (c *change) format(d audio.Direction, r *SideRules) {
	s := c.next.Side(d)
	now := c.next
	for _, play := range [...]Field{PlaySampleRate, PlayChannels, PlayEncoding} {
		f := play.On(d)
		v, ok := c.patch.Get(f)
		if !ok || v == f.Get(&now) {
			continue
		}
		switch {
		case r.Format == FormatBusy:
			c.refuseWith(audio.ErrBusy, f, "the stream runs", "leave it at "+f.Text(&now)+" or halt first")
		case r.Format != FormatFree || s.Format.IsZero():
			c.refuse(f, "only the program that holds the stream sets the format", "leave it at "+f.Text(&now))
		case v == 0:
			c.refuse(f, "out of range", "use "+f.Range())
		default:
			f.put(&c.next, v)
		}
	}
	f := PlayPrecision.On(d)
	if v, ok := c.patch.Get(f); ok && v != f.Get(&c.next) {
		c.refuse(f, "it follows from the encoding", "leave it at "+f.Text(&c.next)+" or set the encoding")
	}
	if s.Format != now.Side(d).Format {
		s.reset(s.Format, *r) // a new format brings its default buffer
	}
}

// port selects from the available ports; at least one must stay in use.
func (c *change) port(d audio.Direction, r *SideRules) {
	f, s := PlayPort.On(d), c.next.Side(d)
	v, ok := c.patch.Get(f)
	port := audio.Ports(v)
	use := func() string {
		if r.Exclusive {
			return "use one of " + strings.ReplaceAll(s.AvailPorts.Names(d), "+", ", ")
		}
		return "use one or more of " + s.AvailPorts.Names(d)
	}
	switch {
	case !ok || s.AvailPorts == 0 && port == 0:
	case s.AvailPorts == 0:
		c.refuse(f, "there are no ports", "leave it at none")
	case port == 0:
		c.refuse(f, "a port must be in use", use())
	case port&^s.AvailPorts != 0:
		c.refuse(f, (port&^s.AvailPorts).Names(d)+" is not available", use())
	case r.Exclusive && bits.OnesCount32(uint32(port&^s.fixed())) > 1:
		c.refuse(f, "only one at a time", use())
	default:
		s.Port = port | s.fixed()
	}
}

// monitor refuses a gain where there is no input to monitor.
func (c *change) monitor() {
	v, ok := c.patch.Get(MonitorGain)
	if ok && int(v) != c.next.MonitorGain && c.next.HW&HWIn2Out == 0 {
		c.refuse(MonitorGain, "there is no input to monitor", fmt.Sprintf("leave it at %d", c.next.MonitorGain))
		return
	}
	c.take(MonitorGain)
}

// take sets a field that only its range limits.
func (c *change) take(f Field) {
	if v, ok := c.patch.Get(f); ok {
		f.put(&c.next, v)
	}
}

func (c *change) refuse(f Field, reason, use string) { c.refuseWith(audio.ErrInvalid, f, reason, use) }

func (c *change) refuseWith(errno *audio.Error, f Field, reason, use string) {
	v, _ := c.patch.Get(f)
	c.problems = append(c.problems, Problem{Field: f.Name(), Value: f.text(v), Reason: reason, Use: use, errno: errno})
}
