package alsatest_test

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

// TestLayout holds wire.h, which the plugin is built with, against package wire: every
// constant, size, offset and encoding, in both directions.
func TestLayout(t *testing.T) { compareLayouts(t) }

// compareLayouts has the one in C as programs have it that are built with some flags.
func compareLayouts(t *testing.T, flags ...string) {
	t.Helper()
	c := layoutInC(t, flags...)
	for name, want := range layoutInGo() {
		switch got, known := c[name]; {
		case !known:
			t.Errorf("package wire has %s = %s, wire.h has none", name, want)
		case got != want:
			t.Errorf("%s is %s in wire.h, %s in package wire", name, got, want)
		}
		delete(c, name)
	}
	for name, value := range c {
		t.Errorf("wire.h has %s = %s, package wire has none", name, value)
	}
	beyond := wire.Request{Header: wire.Header{Op: wire.OpStates + 1}}
	if _, err := wire.DecodeRequest(wire.EncodeRequest(&beyond)); err == nil {
		t.Errorf("package wire has an operation %d, this test does not know it", beyond.Op)
	}
}

// layoutInC is what testdata/layout.c prints, by "kind name". It has to print every name
// of wire.h.
func layoutInC(t *testing.T, flags ...string) map[string]string {
	t.Helper()
	agentProgram(t) // builds the plugin, or skips
	path := filepath.Join(t.TempDir(), "layout")
	args := append(flags, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", path, "../testdata/layout.c", "../ring.c", "-lasound")
	if err := compile(args...); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path).Output()
	if err != nil {
		t.Fatal(err)
	}
	layout := map[string]string{}
	for line := range strings.Lines(string(out)) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, value, _ := strings.Cut(rest, " ")
		layout[kind+" "+name] = value
	}
	header, err := os.ReadFile("../wire.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`\bLB_[A-Z_]+\b`).FindAllString(string(header), -1) {
		if layout["constant "+name] == "" {
			t.Errorf("testdata/layout.c does not print %s of wire.h", name)
		}
	}
	for _, name := range regexp.MustCompile(`(?m)^struct (lb_\w+) {`).FindAllStringSubmatch(string(header), -1) {
		if layout["size "+name[1]] == "" && name[1] != "lb_shared" { // that is a page, see the words
			t.Errorf("testdata/layout.c does not print struct %s of wire.h", name[1])
		}
	}
	return layout
}

func layoutInGo() map[string]string {
	layout := map[string]string{}
	for name, value := range map[string]int{
		"VERSION": wire.Version, "MESSAGE_BYTES": wire.MessageBytes, "NAME_BYTES": wire.NameBytes, "PROGRAM_BYTES": wire.ProgramBytes,
		"TEXT_BYTES": wire.TextBytes, "MAX_PENDING": wire.MaxPending, "MAX_FIELDS": wire.MaxFields, "MAX_POSITIONS": wire.MaxPositions,
		"OP_OPEN": int(wire.OpOpen), "OP_START": int(wire.OpStart), "OP_HALT": int(wire.OpHalt), "OP_DRAIN": int(wire.OpDrain),
		"OP_SETUP": int(wire.OpSetup), "OP_CLOSE": int(wire.OpClose), "OP_PAUSE": int(wire.OpPause),
		"OP_INFO": int(wire.OpInfo), "OP_SET": int(wire.OpSet), "OP_FOLLOW": int(wire.OpFollow), "OP_MARK": int(wire.OpMark),
		"OP_STATES": int(wire.OpStates),
		"SERVER":    int(pcm.Server), "CLIENT": int(pcm.Client), "READ": int(wire.DirectionOf(pcm.Read)), "WRITE": int(wire.DirectionOf(pcm.Write)),
		"IDLE": int(ring.Idle), "ARMED": int(ring.Armed), "RUNNING": int(ring.Running), "ENDED": int(ring.Ended),
		"MAGIC": ring.Magic, "LAYOUT_VERSION": ring.Version, "FRAMES_OFFSET": ring.HeaderBytes,
		"PLAY_GAIN": int(state.PlayGain), "PLAY_PORT": int(state.PlayPort), "PLAY_AVAIL_PORTS": int(state.PlayAvailPorts),
		"PLAY_MOD_PORTS": int(state.PlayModPorts), "PLAY_BALANCE": int(state.PlayBalance), "PLAY_OPEN": int(state.PlayOpen),
		"RECORD_GAIN": int(state.RecordGain), "RECORD_PORT": int(state.RecordPort), "RECORD_AVAIL_PORTS": int(state.RecordAvailPorts),
		"RECORD_MOD_PORTS": int(state.RecordModPorts), "RECORD_BALANCE": int(state.RecordBalance), "RECORD_OPEN": int(state.RecordOpen),
		"MONITOR_GAIN": int(state.MonitorGain), "OUTPUT_MUTED": int(state.OutputMuted), "HW_FEATURES": int(state.HWFeatureBits),
		"HW_IN2OUT": int(state.HWIn2Out), "HW_PLAY": int(state.HWPlay), "HW_RECORD": int(state.HWRecord),
	} {
		layout["constant LB_"+name] = fmt.Sprint(value)
	}
	for _, message := range []any{
		wire.Header{}, wire.Format{}, wire.Open{}, wire.Setup{}, wire.Pause{}, wire.Mark{}, wire.Granted{}, wire.Failure{}, wire.Device{}, wire.Seen{},
	} {
		structInGo(layout, reflect.TypeOf(message))
	}
	layout["size lb_message"] = fmt.Sprint(wire.MessageBytes)
	layout["offset lb_message.open"] = fmt.Sprint(binary.Size(wire.Header{}))
	for _, word := range wire.Layout() {
		layout["word "+inC(word.Name)] = fmt.Sprintf("%d:%d", word.Offset, word.Bits)
	}
	for _, e := range audio.Encodings() {
		layout[fmt.Sprintf("encoding %d", e)] = encodingInGo(e)
	}
	layout["encoding none"] = "0:-1:-1"
	return layout
}

// structInGo adds size and offsets of a message as they are on the wire, without
// padding.
func structInGo(layout map[string]string, message reflect.Type) {
	name := "lb_" + inC(message.Name())
	offset := 0
	for i := range message.NumField() {
		field := message.Field(i)
		layout["offset "+name+"."+inC(field.Name)] = fmt.Sprint(offset)
		offset += binary.Size(reflect.Zero(field.Type).Interface())
	}
	layout["size "+name] = fmt.Sprint(offset)
}

// inC is the name of a word in C: XrunFrames and "xrun frames" are xrun_frames.
func inC(name string) string {
	switch name {
	case "_":
		return "unused"
	case "Errno", "errno":
		return "error" // errno is a macro
	}
	var c strings.Builder
	for i, r := range name {
		before := rune(0)
		if i > 0 {
			before = rune(name[i-1])
		}
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			c.WriteByte('_')
		}
		c.WriteRune(unicode.ToLower(r))
	}
	return strings.ReplaceAll(c.String(), " ", "_")
}

// encodingInGo is ALSA's name and number, the bits of a sample and of what is used of
// them, and eight bytes of silence.
func encodingInGo(e audio.Encoding) string {
	silence := make([]byte, 24) // whole samples of any encoding
	e.Silence(silence)
	if e == audio.MuLaw || e == audio.ALaw { // of plus and minus 0 alsa-lib takes the other
		for i := range silence {
			silence[i] ^= 0x80
		}
	}
	bits := e.Bits()
	return fmt.Sprintf("%s:%d:%d:%d:%016x", e, alsaFormat(e), 8*e.Bytes(), bits, binary.LittleEndian.Uint64(silence))
}

// The libraries say in their files which protocol they speak: "loopbridge doctor" reads that without loading them.
func TestLibrarySaysItsProtocol(t *testing.T) {
	libraries, err := filepath.Glob(filepath.Join(filepath.Dir(agentProgram(t)), "libasound_module_*_loopbridge.so"))
	if err != nil || len(libraries) != 2 {
		t.Fatalf("%v, %v", libraries, err)
	}
	for _, name := range libraries {
		e, err := elf.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		symbols, err := e.DynamicSymbols()
		i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "loopbridge_plugin_protocol" })
		if err != nil || i < 0 {
			t.Fatalf("%s does not export it: %v", name, err)
		}
		at := e.Sections[symbols[i].Section]
		data, err := at.Data()
		if err != nil {
			t.Fatal(err)
		}
		if got := e.ByteOrder.Uint32(data[symbols[i].Value-at.Addr:]); got != wire.Version {
			t.Errorf("%s says %d, want %d", name, got, wire.Version)
		}
	}
}
