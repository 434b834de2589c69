package oss

// Op is a call, whatever its size and direction.
type Op uint16

func op(group, number byte) Op { return Op(group)<<8 | Op(number) }

// The calls that are known. Those of one number that differ by direction are told apart by Layout.Gives and Takes.
const (
	Halt          Op = 'P' << 8
	Sync          Op = 'P'<<8 | 1
	Speed         Op = 'P'<<8 | 2
	Stereo        Op = 'P'<<8 | 3
	GetBlockSize  Op = 'P'<<8 | 4
	SetFormat     Op = 'P'<<8 | 5
	Channels      Op = 'P'<<8 | 6
	Post          Op = 'P'<<8 | 8
	Subdivide     Op = 'P'<<8 | 9
	SetFragment   Op = 'P'<<8 | 10
	GetFormats    Op = 'P'<<8 | 11
	GetOutSpace   Op = 'P'<<8 | 12
	GetInSpace    Op = 'P'<<8 | 13
	Nonblock      Op = 'P'<<8 | 14
	GetCaps       Op = 'P'<<8 | 15
	Trigger       Op = 'P'<<8 | 16
	GetInPointer  Op = 'P'<<8 | 17
	GetOutPointer Op = 'P'<<8 | 18
	SetDuplex     Op = 'P'<<8 | 22
	GetDelay      Op = 'P'<<8 | 23
	PlayVolume    Op = 'P'<<8 | 24
	GetError      Op = 'P'<<8 | 25
	CookedMode    Op = 'P'<<8 | 30
	HaltInput     Op = 'P'<<8 | 33
	HaltOutput    Op = 'P'<<8 | 34
	CurrentIn     Op = 'P'<<8 | 35
	CurrentOut    Op = 'P'<<8 | 36
	RecordVolume  Op = 'P'<<8 | 41
	Policy        Op = 'P'<<8 | 45
	SystemInfo    Op = 'X'<<8 | 1
	AudioInfo     Op = 'X'<<8 | 7
	CardInfo      Op = 'X'<<8 | 11
	EngineInfo    Op = 'X'<<8 | 12
	AudioInfoEx   Op = 'X'<<8 | 13
	Song          Op = 'Y'<<8 | 2
	Name          Op = 'Y'<<8 | 3
	Label         Op = 'Y'<<8 | 4
	MixerInfo     Op = 'M'<<8 | 101
	GetVersion    Op = 'M'<<8 | 118
)

// Version is what GetVersion says: 4.0.4, of which the calls are.
const Version = 0x040004

// Layout is the size of a call's structure. Halt output and low water, which takes a number, share one.
type Layout struct {
	Op
	Takes int // bytes, from the program
	Gives int // bytes, to the program
}

// Directions of asm/ioctl.h.
const (
	dirTakes = 1
	dirGives = 2
)

// row says which sizes a call may have. Calls without a structure have none.
type row struct {
	sizes [2]int // of 64-bit and of 32-bit programs, or of newer and older ones
	dirs  byte   // that are accepted, as bits 1<<direction
}

const (
	none  = 1 << 0
	takes = 1 << dirTakes
	gives = 1 << dirGives
	both  = 1 << (dirTakes | dirGives)
)

func number(dirs byte) row          { return sized(4, dirs) }
func sized(bytes int, d byte) row   { return row{[2]int{bytes, bytes}, d} }
func nothing() row                  { return row{[2]int{0, 0}, none} }
func counted(wide, narrow int) row  { return row{[2]int{wide, narrow}, gives} }
func (r row) accepts(dir byte) bool { return r.dirs&(1<<dir) != 0 }

// lookup returns the row of a call.
func lookup(o Op) (row, bool) {
	switch o {
	case Halt, Sync, Post, Nonblock, SetDuplex, HaltInput:
		return nothing(), true
	case HaltOutput: // with a number it is SNDCTL_DSP_LOW_WATER
		return row{[2]int{4, 4}, none | takes}, true
	case Speed, Channels, SetFormat, PlayVolume, RecordVolume: // reading is SOUND_PCM_READ_… and GETPLAYVOL
		return number(both | gives), true
	case Stereo, GetBlockSize, Subdivide, SetFragment:
		return number(both), true
	case GetFormats, GetCaps, GetDelay, GetVersion:
		return number(gives), true
	case Trigger:
		return number(takes | gives), true
	case CookedMode, Policy:
		return number(takes), true
	case GetOutSpace, GetInSpace:
		return sized(spaceBytes, gives), true
	case GetInPointer, GetOutPointer:
		return sized(pointerBytes, gives), true
	case CurrentIn, CurrentOut:
		return counted(144, 140), true
	case GetError:
		return sized(errorBytes, gives), true
	case SystemInfo:
		return sized(systemBytes, gives), true
	case AudioInfo, EngineInfo, AudioInfoEx:
		return sized(audioBytes, both), true
	case CardInfo:
		return sized(cardBytes, both), true
	case MixerInfo:
		return row{[2]int{mixerBytes, oldMixerBytes}, gives}, true
	case Song:
		return sized(64, takes|gives), true
	case Name:
		return sized(64, takes), true
	case Label:
		return sized(16, takes|gives), true
	}
	if _, mixer := o.Mixer(); mixer {
		return number(both | gives), true
	}
	return row{}, false
}

// Find returns the layout of a call by its number in ioctl(2), whoever calls: the size in the number says for which programs
// it was compiled, so both are taken from both. ok is false for what is not known, or has a size or a direction that it
// never has.
func Find(cmd uint32) (l Layout, ok bool) {
	l.Op = op(byte(cmd>>8), byte(cmd))
	size, dir := int(cmd>>16&0x3FFF), byte(cmd>>30)
	r, known := lookup(l.Op)
	switch {
	case !known || !r.accepts(dir):
		return Layout{}, false
	case dir == 0:
		return l, size == 0
	case size != r.sizes[0] && size != r.sizes[1]:
		return Layout{}, false
	}
	if dir&dirTakes != 0 {
		l.Takes = size
	}
	if dir&dirGives != 0 {
		l.Gives = size
	}
	return l, true
}

// Command returns the number in ioctl(2) of a call with a structure of so many bytes.
func Command(o Op, takes, gives int) uint32 {
	cmd := uint32(o) | uint32(max(takes, gives))<<16
	if takes > 0 {
		cmd |= dirTakes << 30
	}
	if gives > 0 {
		cmd |= dirGives << 30
	}
	return cmd
}
