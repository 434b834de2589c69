package backend

// Pitcher is a stream on hardware whose clock a control makes faster and slower. To keep other streams at the
// pace of something else, sound has to be resampled.
type Pitcher interface {
	// Pitch returns the control of the hardware the stream runs on now, or nil if it has none: also while another
	// device stands in. It is always the same one for the same open hardware. Any goroutine may call it; it does not
	// block or allocate.
	Pitch() Pitch
}

// Pitch is a control of the clock of one piece of hardware. It moves all directions of the stream at once. Any
// goroutine but the engine's may call the methods. Values are comparable.
type Pitch interface {
	// PitchRange returns how far the control goes, and in which steps. It does not block or allocate.
	PitchRange() PitchRange
	// SetPitch moves the clock by so many steps from its nominal rate; 0 is the centre, 1 a step faster. It takes
	// effect within a period or two, and no frame is lost by it. It blocks briefly. audio.ErrInvalid: that is out of
	// range. audio.ErrClosed, audio.ErrGone: the hardware is closed or unplugged. audio.ErrPermission, audio.ErrIO: the
	// clock stays as it is. Close of the stream moves it back to the centre.
	SetPitch(steps int) error
}

// PitchRange is what a Pitch can do.
type PitchRange struct {
	Unit        float64 // a step, as a part of the rate: 1e-5 is 10 ppm
	Least, Most int     // steps
}
