// Package state is the audio(7I) state of a device, or of an end of a loop: its fields, what a
// person may set of them, and what becomes of it.
//
//	Info      the state: plain data
//	Field     one value of it, by number and by name
//	Patch     a set of some fields, as text, as JSON or by hand
//	Apply     SETINFO: all of a patch or nothing, under the Rules of a device
//	Saved     what lasts over a restart
//
// All of it is for any goroutine, on data of its own; it allocates, but for Get and Set of a
// Field, and Apply without an error.
package state

import "github.com/loopbridge/loopbridge/audio"

// Side is one direction of a device or of an end of a loop: prinfo of audio(7I). The
// comments give the name in the field table, and the rule.
type Side struct {
	Format      audio.Format // sample_rate, channels, encoding, and precision, which follows from the encoding
	Gain        int          // gain: 0..255, linear, 255 is unity (D19); gain_db is the same in dB
	Port        audio.Ports  // port: what is in use, a subset of AvailPorts (D23)
	AvailPorts  audio.Ports  // avail_ports: what is plugged in
	ModPorts    audio.Ports  // mod_ports: what of AvailPorts can be switched; the rest is always on
	BufferBytes int          // buffer_size: whole frames (D24)
	Samples     uint32       // samples: frames moved since open, wraps at 2^32 (D21)
	EOF         uint32       // eof: zero-length writes that were reached, wraps at 2^32 (D21); 0 for record
	Pause       bool         // pause: stopped by hand, without loss (D22)
	Error       bool         // error: ran dry or over, sticky until set to 0 (D21)
	Waiting     bool         // waiting: somebody waits to open this side
	Balance     int          // balance: 0 left, 32 middle, 64 right
	Open        bool         // open: a program holds this side
	Active      bool         // active: data move now
	Delay       int          // delay: frames that the device holds, from here to the ear or from the microphone; not of audio(7I)
}

// Info is the state of a device, or of an end of a loop, as audio(7I) defines it:
// audio_info. It is plain data that can be compared with ==; nothing in it is shared.
//
// As JSON it is an object of all fields, in the order and with the names of [Fields]:
// {"play":{"sample_rate":48000, …}, "record":{…}, "monitor_gain":0, …}.
type Info struct {
	Play        Side
	Record      Side
	MonitorGain int        // monitor_gain: 0..255, how much of the input is heard in the output (D20)
	OutputMuted bool       // output_muted: all output is silent, and keeps running (D20)
	RefCount    int        // ref_cnt: how many have the device open, 0..255
	HW          HWFeatures // hw_features
	SW          SWFeatures // sw_features
}

// The ranges of gain and balance; each begins at 0.
const (
	infoMaxGain    = 255
	infoMidBalance = 32
	infoMaxBalance = 64
)

// NewInfo is the state of an idle device with these features: unity gain, balance in
// the middle, no ports. The sides that hw names have the format, and the buffer that
// the rules give it.
func NewInfo(format audio.Format, hw HWFeatures, r Rules) Info {
	i := Info{HW: hw}
	for d := audio.Play; d <= audio.Record; d++ {
		s := i.Side(d)
		s.Gain, s.Balance = infoMaxGain, infoMidBalance
		if hw.sides()&d != 0 {
			s.reset(format, *r.side(d))
		}
	}
	return i
}

// Side is the state of one direction, Play or Record.
func (i *Info) Side(d audio.Direction) *Side {
	if d == audio.Record {
		return &i.Record
	}
	return &i.Play
}

// SetFormat gives d, Play or Record, a format, and the buffer that the rules have for it.
func (i *Info) SetFormat(d audio.Direction, format audio.Format, r Rules) {
	i.Side(d).reset(format, *r.side(d))
}

// Opened marks d as open, after a program opened it. The first open of an idle device
// gives all its sides the format, which later ones leave alone; where a field of it is
// zero, each side keeps its own. Samples begin at 0.
// Gain, balance, port, monitor gain and mute stay (D5, D25).
func (i *Info) Opened(d audio.Direction, format audio.Format, r Rules) {
	first := !i.Play.Open && !i.Record.Open
	for side := audio.Play; side <= audio.Record; side++ {
		s := i.Side(side)
		if first && i.HW.sides()&side != 0 {
			s.reset(format.Or(s.Format), *r.side(side))
		}
		if d&side != 0 {
			s.idle()
			s.Open, s.Samples = true, 0
		}
	}
}

// Closed marks d as closed. Waiting stays on those sides of d that are in waiting,
// where somebody still waits for his turn; samples stay until the next open.
func (i *Info) Closed(d, waiting audio.Direction) {
	for side := audio.Play; side <= audio.Record; side++ {
		if d&side == 0 {
			continue
		}
		s := i.Side(side)
		s.idle()
		s.Waiting = waiting&side != 0
	}
}

// Plugged says what is plugged in now. Ports that went away are no longer in use; if
// none is left, the lowest that there is takes over. Fixed ports are on.
func (s *Side) Plugged(avail audio.Ports) {
	s.AvailPorts = avail
	s.Port = s.Port&avail | s.fixed()
	if s.Port == 0 {
		s.Port = avail & -avail
	}
}

// fixed are the ports that are always on.
func (s *Side) fixed() audio.Ports { return s.AvailPorts &^ s.ModPorts }

func (s *Side) idle() {
	s.Open, s.Pause, s.Error, s.Active, s.EOF = false, false, false, false, 0
}

// reset gives the side a format, and the default buffer for it.
func (s *Side) reset(f audio.Format, r SideRules) {
	s.Format = f
	s.BufferBytes = r.buffer(r.DefaultFrames, f)
}
