// Package state holds the audio(7I) state of a device, or of an end of a loop: its fields, how a
// set changes them, and how they are saved.
//
//	Info      the state: plain data
//	Field     one value of it, by number and by name
//	Patch     some fields to set, parsed from text or JSON or built by hand
//	Apply     SETINFO: all of a patch or nothing, under the Rules of a device
//	Saved     what survives a restart
//
// Everything works from any goroutine on data of its own. It allocates, except Get and Set of a
// Field, and Apply without an error.
package state

import "github.com/loopbridge/loopbridge/audio"

// Side is one direction of a device or of an end of a loop: prinfo of audio(7I). The comments
// give the names in the field table.
type Side struct {
	Format      audio.Format // sample_rate, channels, encoding, and precision, which follows from the encoding
	Gain        int          // gain: 0..255, linear, 255 is unity; gain_db is the same in dB
	Port        audio.Ports  // port: in use, a subset of AvailPorts
	AvailPorts  audio.Ports  // avail_ports: what is plugged in
	ModPorts    audio.Ports  // mod_ports: the AvailPorts that can be switched; the rest are always on
	BufferBytes int          // buffer_size: whole frames
	Samples     uint32       // samples: frames moved since open, wraps at 2^32
	EOF         uint32       // eof: zero-length writes reached, wraps at 2^32; 0 for record
	Pause       bool         // pause: stopped by a set, without loss
	Error       bool         // error: underran or overran, sticky until set to 0
	Waiting     bool         // waiting: a program waits to open this side
	Balance     int          // balance: 0 left, 32 middle, 64 right
	Open        bool         // open: a program holds this side
	Active      bool         // active: data is moving
	Delay       int          // delay: frames the device holds, up to the ear or from the microphone; not in audio(7I)
}

// Info is audio_info of audio(7I): the state of a device, or of an end of a loop. It is plain
// data that can be compared with ==; it shares nothing.
//
// Its JSON is an object of all fields, in the order and with the names of [Fields]:
// {"play":{"sample_rate":48000, …}, "record":{…}, "monitor_gain":0, …}.
type Info struct {
	Play        Side
	Record      Side
	MonitorGain int        // monitor_gain: 0..255, how much of the input is heard in the output
	OutputMuted bool       // output_muted: all output is silent but keeps running
	RefCount    int        // ref_cnt: number of opens, 0..255
	HW          HWFeatures // hw_features
	SW          SWFeatures // sw_features
}

// Ranges of gain and balance; each begins at 0.
const (
	infoMaxGain    = 255
	infoMidBalance = 32
	infoMaxBalance = 64
)

// NewInfo returns the state of an idle device with these features: unity gain, centred balance,
// no ports. The sides in hw have the format and their default buffer.
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

// Side returns the state of one direction, Play or Record.
func (i *Info) Side(d audio.Direction) *Side {
	if d == audio.Record {
		return &i.Record
	}
	return &i.Play
}

// SetFormat gives d, Play or Record, a format and the default buffer for it.
func (i *Info) SetFormat(d audio.Direction, format audio.Format, r Rules) {
	i.Side(d).reset(format, *r.side(d))
}

// Opened marks d as open. The first open of an idle device gives the format to all its sides,
// each of which keeps its own value where a field is zero; later opens leave it alone. Samples
// start at 0. Gain, balance, port, monitor gain and mute stay.
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

// Closed marks d as closed. Waiting stays set on the sides in waiting, where a program is still
// queued. Samples stay until the next open.
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

// Plugged sets the ports that are plugged in. Ports that went away are no longer in use; if none
// is left, the lowest available port takes over. Fixed ports are on.
func (s *Side) Plugged(avail audio.Ports) {
	s.AvailPorts = avail
	s.Port = s.Port&avail | s.fixed()
	if s.Port == 0 {
		s.Port = avail & -avail
	}
}

// fixed returns the ports that are always on.
func (s *Side) fixed() audio.Ports { return s.AvailPorts &^ s.ModPorts }

func (s *Side) idle() {
	s.Open, s.Pause, s.Error, s.Active, s.EOF = false, false, false, false, 0
}

// reset sets the format and its default buffer.
func (s *Side) reset(f audio.Format, r SideRules) {
	s.Format = f
	s.BufferBytes = r.buffer(r.DefaultFrames, f)
}
