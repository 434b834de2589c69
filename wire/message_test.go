package wire_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

// draw gives a value with random fields, the blank ones zero.
func draw[T any](t *rapid.T, label string) (v T) {
	fill(t, label, reflect.ValueOf(&v).Elem())
	return v
}

func fill(t *rapid.T, label string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "_" {
				fill(t, label+"."+name, v.Field(i))
			}
		}
	case reflect.Array:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				fill(t, label, v.Index(i))
			}
			return
		}
		bytes := rapid.SliceOfN(rapid.Byte(), v.Len(), v.Len()).Draw(t, label)
		reflect.Copy(v, reflect.ValueOf(bytes))
	case reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, label))
	default:
		v.SetUint(rapid.Uint64().Draw(t, label) & (1<<v.Type().Bits() - 1))
	}
}

func TestRequestsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wire.Request{Header: draw[wire.Header](t, "header")}
		want.Op = rapid.SampledFrom([]wire.Op{wire.OpOpen, wire.OpStart, wire.OpHalt, wire.OpDrain, wire.OpSetup, wire.OpClose, wire.OpPause, wire.OpInfo, wire.OpSet, wire.OpFollow, wire.OpMark, wire.OpStates}).Draw(t, "op")
		switch want.Op {
		case wire.OpOpen:
			want.Open = draw[wire.Open](t, "open")
			want.Open.Wait = max(int64(pcm.Forever), want.Open.Wait)
			want.Open.Period, want.Open.Buffer = want.Open.Period>>1, want.Open.Buffer>>1
		case wire.OpSetup:
			want.Setup = draw[wire.Setup](t, "setup")
			want.Setup.Period, want.Setup.Buffer = want.Setup.Period>>1, want.Setup.Buffer>>1
		case wire.OpPause:
			want.Pause = draw[wire.Pause](t, "pause")
		case wire.OpMark:
			want.Mark = draw[wire.Mark](t, "mark")
		case wire.OpInfo, wire.OpSet, wire.OpStates:
			want.Device = draw[wire.Device](t, "device")
		case wire.OpFollow:
			want.Seen = draw[wire.Seen](t, "seen")
		}
		got, err := wire.DecodeRequest(wire.EncodeRequest(&want))
		if err != nil || got != want {
			t.Fatalf("sent %+v\n got %+v, %v", want, got, err)
		}
	})
}

func TestRepliesSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wire.Reply{Header: draw[wire.Header](t, "header")}
		want.Op = wire.Op(rapid.Uint16Range(1, 13).Draw(t, "op"))
		switch body := rapid.IntRange(0, 4).Draw(t, "body"); {
		case body == 0:
			want.Errno = max(1, want.Errno)
			want.Failure = draw[wire.Failure](t, "failure")
		case body == 1:
			want.Op, want.Errno = rapid.SampledFrom([]wire.Op{wire.OpOpen, wire.OpSetup}).Draw(t, "granted"), 0
			want.Granted = draw[wire.Granted](t, "granted")
		case body == 2:
			want.Op, want.Errno = rapid.SampledFrom([]wire.Op{wire.OpInfo, wire.OpSet, wire.OpStates}).Draw(t, "state"), 0
			if want.Op == wire.OpStates {
				want.Last = 0
			}
			want.Device = draw[wire.Device](t, "device")
		case body == 3:
			want.Op, want.Errno, want.Last = rapid.SampledFrom([]wire.Op{wire.OpFollow, wire.OpStates}).Draw(t, "seen"), 0, 1
			want.Seen = draw[wire.Seen](t, "events")
		default:
			want.Op, want.Errno, want.Last = wire.OpDrain, 0, 1
		}
		got, err := wire.DecodeReply(wire.EncodeReply(&want))
		if err != nil || got != want {
			t.Fatalf("sent %+v\n got %+v, %v", want, got, err)
		}
	})
}

// Whatever the fields hold, there is a packet, of one size and the current version.
func TestAnyMessageIsEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := draw[wire.Request](t, "request")
		reply := draw[wire.Reply](t, "reply")
		for _, packet := range [][]byte{wire.EncodeRequest(&request), wire.EncodeReply(&reply)} {
			if len(packet) != wire.MessageBytes || packet[2] != wire.Version || packet[3] != 0 {
				t.Fatalf("%d bytes, version % x", len(packet), packet[2:4])
			}
		}
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	good := wire.EncodeRequest(&wire.Request{Header: wire.Header{Op: wire.OpOpen, Seq: 7}})
	change := func(at int, b ...byte) []byte {
		p := bytes.Clone(good)
		copy(p[at:], b)
		return p
	}
	const body, period, buffer, wait = 16, 16 + 100, 16 + 104, 16 + 112
	cases := []struct {
		name   string
		packet []byte
		want   string
	}{
		{"nothing", nil, "a message has 0 bytes"},
		{"half a header", good[:7], "a message has 7 bytes"},
		{"half a message", good[:256], "a message has 256 bytes"},
		{"a byte too many", append(bytes.Clone(good), 0), "a message has 513 bytes"},
		{"op 0", change(0, 0, 0), "unknown request 0"},
		{"op 14", change(0, 14, 0), "unknown request 14"},
		{"op 65535", change(0, 255, 255), "unknown request 65535"},
		{"version 0", change(2, 0, 0), "the other side speaks protocol version 0, this one version 2: use the same release of both"},
		{"version 3", change(2, 3, 0), "the other side speaks protocol version 3, this one version 2: use the same release of both"},
		{"wait −2", change(wait, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "out of range"},
		{"period 2³¹", change(period, 0, 0, 0, 0x80), "out of range"},
		{"buffer 2³¹", change(buffer, 0, 0, 0, 0x80), "out of range"},
	}
	for _, c := range cases {
		r, err := wire.DecodeRequest(c.packet)
		if !errors.Is(err, audio.ErrProtocol) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want ErrProtocol with %q", c.name, err, c.want)
		}
		if len(c.packet) == wire.MessageBytes && r.Seq != 7 {
			t.Errorf("%s: the header is lost: %+v", c.name, r.Header)
		}
	}
	if _, err := wire.DecodeRequest(good); err != nil {
		t.Errorf("the untouched one: %v", err)
	}
	if _, err := wire.DecodeReply(change(2, 9, 0)); !errors.Is(err, audio.ErrProtocol) {
		t.Errorf("a reply of version 9: %v", err)
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// One message of each kind, byte for byte: programs of another age and language
// depend on it. A change here needs a new wire.Version.
func TestBytesOnTheWireDoNotChange(t *testing.T) {
	format := wire.Format{Rate: 0x10111213, Channels: 0x14151617, Encoding: 0x18191a1b, Positions: [16]uint8{0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf}}
	open := wire.Open{
		Role: 0x01020304, Direction: 0x05060708, Format: format, Period: 0x21222324, Buffer: 0x25262728, Unsettled: 0x292a2b2c, Wait: 0x3132333435363738,
	}
	wire.Put(open.Loop[:], "loop0")
	failure := wire.Failure{}
	wire.Put(failure.Text[:], "a sentence")
	granted := wire.Granted{Direction: 0x01020304, Period: 0x11121314, Buffer: 0x21222324, Bytes: 0x3132333435363738, Positions: format.Positions}
	device := wire.Device{Fields: 0xe1e2e3e4e5e6e7e8}
	wire.Put(device.Name[:], "main")
	wire.Put(device.Program[:], "program")
	for i := range device.Values {
		device.Values[i] = 0xd1d2d300 + uint32(i)
	}

	var text strings.Builder
	add := func(name string, packet []byte) {
		fmt.Fprintf(&text, "%s\n", name)
		for at := 0; at < len(packet); at += 16 {
			if row := packet[at : at+16]; !bytes.Equal(row, make([]byte, 16)) {
				fmt.Fprintf(&text, "%3d  % x\n", at, row)
			}
		}
	}
	request := func(name string, op wire.Op) {
		add(name, wire.EncodeRequest(&wire.Request{
			Header: wire.Header{Op: op, Seq: 0xa0a1a2a3, Errno: 0xa4a5a6a7, Last: 0xa8a9aaab}, Open: open,
			Setup: wire.Setup{Format: format, Period: 0x41424344, Buffer: 0x45464748}, Pause: wire.Pause{On: 0x51525354}, Mark: wire.Mark{Position: 0x6162636465666768},
			Device: device, Seen: wire.Seen{Events: 0x7172737475767778},
		}))
	}
	reply := func(name string, op wire.Op, errno, last uint32) {
		add(name, wire.EncodeReply(&wire.Reply{
			Header: wire.Header{Op: op, Seq: 0xa0a1a2a3, Errno: errno, Last: last}, Failure: failure, Granted: granted, Device: device,
			Seen: wire.Seen{Events: 0x7172737475767778},
		}))
	}
	request("request Open", wire.OpOpen)
	request("request Start", wire.OpStart)
	request("request Halt", wire.OpHalt)
	request("request Drain", wire.OpDrain)
	request("request Setup", wire.OpSetup)
	request("request Close", wire.OpClose)
	request("request Pause", wire.OpPause)
	request("request Info", wire.OpInfo)
	request("request Set", wire.OpSet)
	request("request Follow", wire.OpFollow)
	request("request Mark", wire.OpMark)
	request("request States", wire.OpStates)
	reply("reply Granted to Open", wire.OpOpen, 0, 1)
	reply("reply Granted to Setup", wire.OpSetup, 0, 1)
	reply("reply Failure", wire.OpOpen, 16, 1)
	reply("reply Done", wire.OpHalt, 0, 1)
	reply("reply Device to Info", wire.OpInfo, 0, 1)
	reply("reply Device to Set", wire.OpSet, 0, 1)
	reply("reply Device to States", wire.OpStates, 0, 0)
	reply("reply Seen to States", wire.OpStates, 0, 1)
	reply("reply Seen to Follow", wire.OpFollow, 0, 1)

	const golden = "testdata/messages.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("messages are now\n%s\nbut %s has\n%s", text.String(), golden, want)
	}
}
