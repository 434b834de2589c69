package oss

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// Numbers of <sys/soundcard.h> as C programs have them.
func TestNumbersAreThoseOfSoundcardH(t *testing.T) {
	for cmd, want := range map[uint32]Layout{
		0x5000: {Halt, 0, 0}, 0xC0045002: {Speed, 4, 4}, 0x80045002: {Speed, 0, 4}, 0xC0045005: {SetFormat, 4, 4},
		0x8010500C: {GetOutSpace, 0, 16}, 0x800C5012: {GetOutPointer, 0, 12}, 0x40045010: {Trigger, 4, 0}, 0x80045010: {Trigger, 0, 4},
		0x80045017: {GetDelay, 0, 4}, 0x80685019: {GetError, 0, 104}, 0xC49C5807: {AudioInfo, 1180, 1180}, 0xC498580B: {CardInfo, 1176, 1176},
		0x84E05801: {SystemInfo, 0, 1248}, 0x80905023: {CurrentIn, 0, 144}, 0x808C5023: {CurrentIn, 0, 140}, // the second is i386's
		0x5022: {HaltOutput, 0, 0}, 0x40045022: {HaltOutput, 4, 0}, 0x80044D76: {GetVersion, 0, 4},
		0x805C4D65: {MixerInfo, 0, 92}, 0x80304D65: {MixerInfo, 0, 48}, 0x80044D09: {'M'<<8 | MixIn, 0, 4}, 0xC0044DFF: {'M'<<8 | MixRecording, 4, 4},
	} {
		if l, ok := Find(cmd); !ok || l != want {
			t.Errorf("%#x is %+v, %v, want %+v", cmd, l, ok, want)
		}
		if want.Takes+want.Gives == 0 || cmd>>16&0x3FFF == 140 {
			continue
		}
		if got := Command(want.Op, want.Takes, want.Gives); got != cmd {
			t.Errorf("%+v is %#x, want %#x", want, got, cmd)
		}
	}
	for _, cmd := range []uint32{0x5401, 0, 0xFFFFFFFF, 0xC0085002, 0xC0045000, 0x40045002, 0x8010500D + 1<<16, 0x800450FF} {
		if l, ok := Find(cmd); ok {
			t.Errorf("%#x is %+v", cmd, l)
		}
	}
}

func TestEncodings(t *testing.T) {
	without := map[audio.Encoding]bool{audio.S24BE3: true, audio.FloatBE: true, audio.Float64LE: true, audio.Float64BE: true}
	for _, e := range audio.Encodings() {
		f := FormatOf(e)
		if (f == 0) != without[e] {
			t.Errorf("%s is %#x", e, f)
		}
		if back, ok := EncodingOf(f); f != 0 && (!ok || back != e || Formats()&f == 0) {
			t.Errorf("%s is %#x is %s", e, f, back)
		}
	}
	if _, ok := EncodingOf(Query); ok {
		t.Error("a query is a format")
	}
}

// FuzzFind: what is accepted has a known size, and its structures fit in it.
func FuzzFind(f *testing.F) {
	for _, cmd := range []uint32{0x5000, 0xC0045002, 0xC49C5807, 0x80905023, 0xFFFFFFFF} {
		f.Add(cmd)
	}
	f.Fuzz(func(t *testing.T, cmd uint32) {
		l, ok := Find(cmd)
		if !ok {
			return
		}
		if size := int(cmd >> 16 & 0x3FFF); max(l.Takes, l.Gives) != size || size > systemBytes {
			t.Fatalf("%#x: %+v", cmd, l)
		}
		if l.Takes+l.Gives > 0 && Command(l.Op, l.Takes, l.Gives) != cmd {
			t.Fatalf("%#x: %+v", cmd, l)
		}
		in, out := make([]byte, l.Takes), make([]byte, l.Gives)
		if len(in) >= 4 {
			Int(in)
		}
		switch l.Op {
		case AudioInfo, EngineInfo, AudioInfoEx:
			Audio{Name: "n", Handle: "h", Node: "d"}.Put(out)
		case SystemInfo:
			System{Product: "p"}.Put(out)
		case CardInfo:
			PutCard(out, 1, "short", "long")
		case MixerInfo:
			PutMixer(out, "id", "name", 3)
		case CurrentIn, CurrentOut:
			PutCount(out, 1<<40, 5)
		case GetError:
			PutErrors(out, 1, 2)
		}
	})
}
