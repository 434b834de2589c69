package wire_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

func TestPutCutsAtARunesEdge(t *testing.T) {
	cases := []struct{ put, want string }{
		{"", ""},
		{"1234567", "1234567"},
		{"12345678", "1234567"},
		{"12345é", "12345é"},  // fits to the byte
		{"12345é8", "12345é"}, // the rune ends at the edge
		{"123456é", "123456"}, // the edge is inside
		{"1234€6", "1234€"},   //
		{"12345€", "12345"},   //
		{"1234𝄞", "1234"},     // 8 bytes
		{"123𝄞", "123𝄞"},      //
		{"𝄞𝄞", "𝄞"},           //
		{"ab\x00cd", "ab"},    // a zero byte ends it
		{"\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff"},
		{strings.Repeat("\x80", 20), "\x80\x80\x80\x80"}, // no text at all: at least something
	}
	for _, c := range cases {
		field := []byte("????????") // what was there before
		wire.Put(field, c.put)
		if got := wire.Text(field); got != c.want || field[7] != 0 {
			t.Errorf("%q is put as %q in % x, want %q", c.put, got, field, c.want)
		}
	}
	if got := wire.Text([]byte("full")); got != "full" {
		t.Errorf("a field without a zero byte: %q", got)
	}
}

func TestPutKeepsAsMuchTextAsFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
		field := make([]byte, rapid.IntRange(1, 40).Draw(t, "size"))
		wire.Put(field, s)
		got := wire.Text(field)
		if !strings.HasPrefix(s, got) || !utf8.ValidString(got) {
			t.Fatalf("%q became %q", s, got)
		}
		if rest := s[len(got):]; rest != "" {
			if _, size := utf8.DecodeRuneInString(rest); len(got)+size < len(field) {
				t.Fatalf("%q became %q, though %d bytes more would fit", s, got, size)
			}
		}
	})
}

func TestOptionsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := pcm.Options{
			Role:      pcm.Role(rapid.Uint8().Draw(t, "role")),
			Direction: audio.Direction(rapid.Uint8().Draw(t, "direction")),
			Format: audio.Format{
				Rate: rapid.IntRange(0, math.MaxInt32).Draw(t, "rate"), Channels: rapid.IntRange(0, math.MaxInt32).Draw(t, "channels"),
				Encoding: audio.Encoding(rapid.Uint8().Draw(t, "encoding")),
			},
			Period: rapid.IntRange(0, math.MaxInt32).Draw(t, "period"),
			Buffer: rapid.IntRange(0, math.MaxInt32).Draw(t, "buffer"),
			Wait:   time.Duration(rapid.Int64Min(-1).Draw(t, "wait")),
		}
		open, err := wire.OpenOf("loop0", want)
		if err != nil {
			t.Fatal(err)
		}
		if got := open.Options(); !reflect.DeepEqual(got, want) || wire.Text(open.Loop[:]) != "loop0" {
			t.Fatalf("sent %+v\n got %+v", want, got)
		}
	})
}

// What does not fit into the message is what the loop would have made of it, not
// something else.
func TestOptionsOutOfRange(t *testing.T) {
	open, err := wire.OpenOf("x", pcm.Options{Period: -1, Buffer: 1 << 40, Wait: -time.Hour})
	if err != nil || open.Period != 0 || open.Buffer != math.MaxInt32 || open.Wait != int64(pcm.Forever) {
		t.Errorf("%+v, %v", open, err)
	}
	if _, err := wire.DecodeRequest(wire.EncodeRequest(&wire.Request{Header: wire.Header{Op: wire.OpOpen}, Open: open})); err != nil {
		t.Error(err)
	}
	for _, name := range []string{strings.Repeat("x", wire.NameBytes), "lo\x00op"} {
		if _, err := wire.OpenOf(name, pcm.Options{}); !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("%q: %v, want ErrNoDevice", name, err)
		}
	}
	if _, err := wire.OpenOf(strings.Repeat("x", wire.NameBytes-1), pcm.Options{}); err != nil {
		t.Error(err)
	}
	for _, f := range []wire.Format{
		{Rate: math.MaxUint32, Channels: 2, Encoding: 1}, {Rate: 48000, Channels: math.MaxUint32, Encoding: 1}, {Rate: 48000, Channels: 2, Encoding: 256 + 1},
		wire.FormatOf(audio.Format{Rate: -48000, Channels: 2, Encoding: audio.S16LE}),
	} {
		if err := f.Audio().Validate(); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("%+v became a valid format: %v", f, f.Audio())
		}
	}
}
