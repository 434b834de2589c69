package wav

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// The mask of a file says where its channels stand, and a file is written with it.
func TestWAVMask(t *testing.T) {
	for _, c := range []struct {
		names string
		mask  uint32
	}{
		{"FL FR FC LFE RL RR", 0x3F}, {"FL FR FC LFE SL SR", 0x60F}, {"FL FR LFE", 0xB}, {"FL FR FC RC", 0x107},
		{"FL FR FC LFE RC SL SR", 0x70F}, {"FL FR FC LFE RL RR RC", 0x13F}, {"FL FR FC LFE RL RR FLC FRC", 0xFF},
		{"FL FR FC LFE RL RR SL SR TFL TFR TRL TRR", 0x2D63F},
	} {
		p, err := audio.ParsePositions(c.names)
		if err != nil {
			t.Fatal(err)
		}
		f := audio.Format{Rate: 48000, Channels: len(strings.Fields(c.names)), Encoding: audio.S16LE, Positions: p}
		file := wavFile(t, f, counted(f, 3))
		if mask := binary.LittleEndian.Uint32(file[48+28:]); mask != c.mask {
			t.Errorf("%s is written as %#x, want %#x", c.names, mask, c.mask)
		}
		r, err := NewReader(bytes.NewReader(file))
		if err != nil || r.Positions() != p || r.Format().Positions.Known() {
			t.Errorf("%s is read as %s, %v", c.names, r.Positions(), err)
		}
	}
}

// Where the mask says nothing, or nothing that can be, channels have the usual order.
func TestWAVMaskUnusual(t *testing.T) {
	for _, c := range []struct {
		channels int
		mask     uint32
		want     string
	}{
		{6, 0, "FL FR FC LFE RL RR"}, {6, 0x3, "FL FR FC LFE RL RR"}, {6, 0xFF, "FL FR FC LFE RL RR"}, {6, 0x80000000, "FL FR FC LFE RL RR"},
		{6, 0x8000003F, "FL FR FC LFE RL RR"}, {4, 0, "FL FR RL RR"}, {2, 0x30, ""}, {1, 0x8, ""}, {9, 0, ""}, {18, 0x3FFFF, ""},
	} {
		f := audio.Format{Rate: 48000, Channels: c.channels, Encoding: audio.S32LE}
		file := wavFile(t, f, counted(f, 3))
		binary.LittleEndian.PutUint32(file[48+28:], c.mask)
		r, err := NewReader(bytes.NewReader(file))
		if err != nil || r.Positions().String() != c.want {
			t.Errorf("%d channels with %#x are %s, want %s; %v", c.channels, c.mask, r.Positions(), c.want, err)
		}
	}
}

// What a file cannot tell has no mask; what says nothing has the usual one.
func TestFilePositions(t *testing.T) {
	for _, c := range []struct {
		channels int
		names    string
		want     string
		mask     uint32
	}{
		{6, "FL FR RL RR FC LFE", "FL FR FC LFE RL RR", 0x3F}, {6, "", "FL FR FC LFE RL RR", 0x3F}, {7, "", "FL FR FC LFE RC SL SR", 0x70F},
		{2, "FR FL", "FL FR", 0x3}, {3, "FL FR FLW", "", 0}, {9, "", "", 0},
	} {
		p, err := audio.ParsePositions(c.names)
		if err != nil {
			t.Fatal(err)
		}
		f := audio.Format{Rate: 48000, Channels: c.channels, Encoding: audio.S32LE, Positions: p}
		if got := FilePositions(f); got.String() != c.want {
			t.Errorf("%d channels, %q: a file has %q, want %q", c.channels, c.names, got, c.want)
		}
		if FilePositions(f).Known() {
			f.Positions = FilePositions(f)
		}
		file := wavFile(t, f, counted(f, 3))
		if mask := binary.LittleEndian.Uint32(file[48+28:]); c.channels > 2 && mask != c.mask {
			t.Errorf("%d channels, %q: mask %#x, want %#x", c.channels, c.names, mask, c.mask)
		}
	}
}
