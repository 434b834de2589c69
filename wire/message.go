package wire

import "github.com/loopbridge/loopbridge/audio"

// The protocol's constants.
const (
	Version      = 2
	MessageBytes = 512
	NameBytes    = 64 // a loop's or device's name with its zero byte
	ProgramBytes = 32
	TextBytes    = 400
	MaxPending   = 8 // requests of one connection without an answer
	MaxFields    = 64
	MaxPositions = audio.MaxPositions // channels of a Format that can have one
)

// Op is what a message asks for or answers.
type Op uint16

// The operations. The numbers never change.
const (
	OpOpen Op = iota + 1
	OpStart
	OpHalt
	OpDrain
	OpSetup
	OpClose
	_ // was a list of the loops, which is the control API's business
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
	Seq     uint32 // chosen by the program; a reply has its request's
	Errno   uint32 // in replies: 0, or why not
	Last    uint32 // in replies: 1 on the last one to this request
}

// Name is a string of up to 63 bytes.
type Name [NameBytes]byte

// Format is an audio.Format.
type Format struct {
	Rate      uint32
	Channels  uint32
	Encoding  uint32
	Positions [MaxPositions]uint8 // audio.Position of each channel; zeros: not said
}

// Open asks for an end. Fields that are 0 are the loop's choice.
type Open struct {
	Loop      Name
	Role      uint32 // pcm.Role
	Direction uint32 // pcm.Direction, bits
	Format    Format
	Period    uint32 // frames
	Buffer    uint32 // frames
	Unsettled uint32 // 1: a server that Setup follows; no client is let in before
	Wait      int64  // ns, −1: for ever
}

// Setup asks for another format and size of the ring. Fields that are 0 stay as they
// are, sizes in time.
type Setup struct {
	Format Format
	Period uint32 // frames
	Buffer uint32 // frames
}

// Pause stops an end, or lets it go on.
type Pause struct {
	On uint32 // 1 or 0
}

// Mark is a zero-length write: an eof mark.
type Mark struct {
	Position uint64 // frames written before it
}

// Granted says what became of Open or Setup.
type Granted struct {
	Direction uint32 // one bit
	Period    uint32 // frames
	Buffer    uint32 // frames: the ring's capacity
	_         uint32
	Bytes     uint64              // of the shared memory
	Positions [MaxPositions]uint8 // of the end, or, where it says none and has as many channels, of the loop
}

// Failure is the body of a reply whose Errno is not 0.
type Failure struct {
	Text [TextBytes]byte // a sentence for a person
}

// Device is the audio(7I) state of a device or of an end of a loop, or some of it.
type Device struct {
	Name    Name               // in requests empty: the first that plays or records
	Program [ProgramBytes]byte // in replies: whose it is, where it is one client's
	Fields  uint64             // state.FieldSet: which of Values are there
	Values  [MaxFields]uint32  // by state.Field, each as its Get gives it
}

// Seen is how far a program has followed what happens.
type Seen struct {
	Events uint64 // since the daemon began
}

// Request is what a program sends: a header and the body that its Op has.
type Request struct {
	Header
	Open   Open   // OpOpen
	Setup  Setup  // OpSetup
	Pause  Pause  // OpPause
	Mark   Mark   // OpMark
	Device Device // OpInfo, OpStates: its name only, OpSet: what to set
	Seen   Seen   // OpFollow
}

// Reply is what a daemon sends.
type Reply struct {
	Header
	Failure Failure // Errno is not 0
	Granted Granted // OpOpen, OpSetup
	Device  Device  // OpInfo, OpSet, OpStates but the last
	Seen    Seen    // OpFollow, OpStates the last
}
