package wire

import "github.com/loopbridge/loopbridge/audio"

// The protocol's constants.
const (
	Version      = 2
	MessageBytes = 512
	NameBytes    = 64 // a loop's or device's name with its zero byte
	ProgramBytes = 32
	TextBytes    = 400
	MaxPending   = 8 // unanswered requests of one connection
	MaxFields    = 64
	MaxPositions = audio.MaxPositions // channels of a Format that can have a position
)

// Op says what a message requests or answers.
type Op uint16

// The operations. The numbers never change.
const (
	OpOpen Op = iota + 1
	OpStart
	OpHalt
	OpDrain
	OpSetup
	OpClose
	_ // was a list of the loops, now in the control API
	OpPause
	OpInfo
	OpSet
	OpFollow
	OpMark
	OpStates
)

// Header begins every message.
type Header struct {
	Op      Op
	Version uint16
	Seq     uint32 // chosen by the program and repeated in the reply
	Errno   uint32 // in replies: 0, or why the request failed
	Last    uint32 // in replies: 1 on the last one to a request
}

// Name is a string of up to 63 bytes.
type Name [NameBytes]byte

// Format is an audio.Format.
type Format struct {
	Rate      uint32
	Channels  uint32
	Encoding  uint32
	Positions [MaxPositions]uint8 // audio.Position of each channel; zeros: unknown
}

// Open asks for an end. A field that is 0 leaves the choice to the loop.
type Open struct {
	Loop      Name
	Role      uint32 // pcm.Role
	Direction uint32 // bits, as DirectionOf
	Format    Format
	Period    uint32 // frames
	Buffer    uint32 // frames
	Unsettled uint32 // 1: a server that Setup follows; no client gets in before
	Wait      int64  // ns, −1: forever
}

// Setup asks for another format and ring size. Fields that are 0 stay unchanged; sizes then keep
// their duration.
type Setup struct {
	Format Format
	Period uint32 // frames
	Buffer uint32 // frames
}

// Pause pauses an end or lets it continue.
type Pause struct {
	On uint32 // 1 or 0
}

// Mark is a zero-length write: an eof mark.
type Mark struct {
	Position uint64 // frames written before it
}

// Granted is the result of Open or Setup.
type Granted struct {
	Direction uint32 // one bit
	Period    uint32 // frames
	Buffer    uint32 // frames: the ring's capacity
	_         uint32
	Bytes     uint64              // of the shared memory
	Positions [MaxPositions]uint8 // of the end, or, if it has none and the same number of channels, of the loop
}

// Failure is the body of a reply whose Errno is not 0.
type Failure struct {
	Text [TextBytes]byte // a sentence for the user
}

// Device is the audio(7I) state, or a part of it, of a device or of an end of a loop.
type Device struct {
	Name    Name               // empty in requests: the first device that plays or records
	Program [ProgramBytes]byte // in replies: the program of a single client
	Fields  uint64             // state.FieldSet: the Values that are present
	Values  [MaxFields]uint32  // by state.Field, as Field.Get returns them
}

// Seen counts the events that a program has seen.
type Seen struct {
	Events uint64 // since the daemon started
}

// Request is what a program sends: a header and the body for its Op.
type Request struct {
	Header
	Open   Open   // OpOpen
	Setup  Setup  // OpSetup
	Pause  Pause  // OpPause
	Mark   Mark   // OpMark
	Device Device // OpInfo, OpStates: only the name; OpSet: what to set
	Seen   Seen   // OpFollow
}

// Reply is what a daemon sends.
type Reply struct {
	Header
	Failure Failure // Errno is not 0
	Granted Granted // OpOpen, OpSetup
	Device  Device  // OpInfo, OpSet, OpStates except the last
	Seen    Seen    // OpFollow, OpStates: the last
}
