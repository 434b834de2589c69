package record

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Spec is the configuration of a recorder.
type Spec struct {
	Name string
	// Of is what is recorded: a place as a route comes from it, such as "mic", "main/play", "phone/server" or "phone/heard".
	Of string
	// Path is that of the segments: an absolute path whose last element has "{time}" or "{n}". "{name}" is the name of the
	// recorder, and may be anywhere. {time} is the time at the beginning in UTC, as 20261129T220507Z, which sorts; {n} counts
	// the segments, in six digits. A name that is taken gets "_2", "_3" … before its extension: nothing is ever
	// overwritten. The folder must be there: a recorder makes none, or it would fill the disk below one that is not mounted.
	Path   string
	Format Format
	// Split is how long a segment is, to the frame; 0: until the sound ends.
	Split time.Duration
	Keep  Keep
	// Trigger names what the recorder waits for, such as an alarm, see Board.Trigger; "": it records from the start.
	Trigger string
	Preroll time.Duration // recorded before the trigger
	Hold    time.Duration // recorded after it
	Gap     Gap
	Stopped bool // it begins so, until it is started
}

// Keep says which of its own segments a recorder removes: the oldest, when one is older, or all are larger.
type Keep struct {
	Age   time.Duration // 0: any
	Bytes int64         // 0: any
}

// Format is the format of segments.
type Format uint8

// The formats.
const (
	// WAV is a Broadcast Wave file (EBU Tech 3285) with the encoding of what is recorded, or one of the same values. Its bext
	// chunk has the time reference, and in the coding history how many frames are missing before it. Beyond 4 GiB it is RF64
	// (EBU Tech 3306). Marks are cue points.
	WAV Format = iota + 1
	// FLAC (RFC 9639) has 16 bits, or 24 if what is recorded has more, of up to 8 channels. Its comments have the same.
	FLAC
)

// formats is indexed by Format.
var formats = [...]string{WAV: "wav", FLAC: "flac"}

// String returns the word of the configuration.
func (f Format) String() string {
	if int(f) < len(formats) {
		return formats[f]
	}
	return "unknown"
}

// Gap says what is written for frames that are missing, and while there is nothing to hear.
type Gap uint8

// The values of Gap.
const (
	Pause   Gap = iota // nothing: the segment ends, and a new one begins with the next frame
	Silence            // silence, as long as what is missing; a gap of more than a minute ends the segment
)

// gaps is indexed by Gap.
var gaps = [...]string{Pause: "pause", Silence: "silence"}

// String returns the word of the configuration.
func (g Gap) String() string {
	if int(g) < len(gaps) {
		return gaps[g]
	}
	return "unknown"
}

// Limits and defaults of a Spec.
const (
	MaxPreroll = 5 * time.Minute
	MinSplit   = time.Second
	// QueueTime is how much sound waits for a disk, at most, beside the pre-roll; less if that were more than MaxMemory.
	QueueTime = 10 * time.Second
	// MaxMemory is how much memory a recorder takes for sound, at most, in bytes.
	MaxMemory = 256 << 20
)

// validate returns ErrInvalid for what is wrong whatever there is to record.
func (s *Spec) validate() error {
	switch {
	case s.Name == "":
		return audio.ErrInvalid.With("a recorder needs a name")
	case s.Of == "":
		return audio.ErrInvalid.With("%s: of is missing: name what to record", s.Name)
	case s.Format != WAV && s.Format != FLAC:
		return audio.ErrInvalid.With("%s: a recorder writes wav or flac", s.Name)
	case s.Split < 0 || s.Split > 0 && s.Split < MinSplit:
		return audio.ErrInvalid.With("%s: split %s is out of range; use %s or more", s.Name, s.Split, MinSplit)
	case s.Preroll < 0 || s.Preroll > MaxPreroll:
		return audio.ErrInvalid.With("%s: preroll %s is out of range; use 0s..%s", s.Name, s.Preroll, MaxPreroll)
	case s.Hold < 0 || s.Keep.Age < 0 || s.Keep.Bytes < 0:
		return audio.ErrInvalid.With("%s: hold and keep cannot be negative", s.Name)
	}
	_, err := ParsePattern(s.Path, s.Name)
	return err
}
