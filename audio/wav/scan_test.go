package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/loopbridge/loopbridge/audio"
)

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// chunk is a chunk with its pad.
func chunk(o byteOrder, id string, body []byte) []byte {
	b := append(o.AppendUint32([]byte(id), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)&1)...)
}

// plainFmt is a fmt body of 16 bytes.
func plainFmt(o byteOrder, tag, channels, rate, align, bits int) []byte {
	b := o.AppendUint16(nil, uint16(tag))
	b = o.AppendUint16(b, uint16(channels))
	b = o.AppendUint32(b, uint32(rate))
	b = o.AppendUint32(b, uint32(rate*align))
	b = o.AppendUint16(b, uint16(align))
	return o.AppendUint16(b, uint16(bits))
}

// extFmt is an extensible fmt body.
func extFmt(o byteOrder, tag, channels, rate, align, bits, valid int) []byte {
	b := plainFmt(o, wavExtensible, channels, rate, align, bits)
	b = o.AppendUint16(b, 22)
	b = o.AppendUint16(b, uint16(valid))
	b = o.AppendUint32(b, 0)
	b = o.AppendUint16(b, uint16(tag))
	return append(b, wavGUIDTail...)
}

// riff is a file of chunks whose RIFF size is right.
func riff(o byteOrder, id string, chunks ...[]byte) []byte {
	body := append([]byte("WAVE"), bytes.Join(chunks, nil)...)
	return append(o.AppendUint32([]byte(id), uint32(len(body))), body...)
}

func TestWAVFormats(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	for name, c := range map[string]struct {
		fmt  []byte
		want audio.Encoding
		rifx audio.Encoding
	}{
		"U8":                  {plainFmt(le, 1, 1, 8000, 1, 8), audio.U8, 0},
		"4 of 8 bits":         {plainFmt(le, 1, 1, 8000, 1, 4), audio.U8, 0},
		"S16":                 {plainFmt(le, 1, 2, 8000, 4, 16), audio.S16LE, 0},
		"12 of 16 bits":       {plainFmt(le, 1, 2, 8000, 4, 12), audio.S16LE, 0},
		"S24":                 {plainFmt(le, 1, 2, 8000, 6, 24), audio.S24LE3, 0},
		"arecord -f S24_LE":   {plainFmt(le, 1, 2, 8000, 8, 24), audio.S24LE, 0},
		"S32":                 {plainFmt(le, 1, 2, 8000, 8, 32), audio.S32LE, 0},
		"float":               {plainFmt(le, 3, 2, 8000, 8, 32), audio.FloatLE, 0},
		"double":              {plainFmt(le, 3, 2, 8000, 16, 64), audio.Float64LE, 0},
		"A-law":               {plainFmt(le, 6, 2, 8000, 2, 8), audio.ALaw, 0},
		"mu-law":              {plainFmt(le, 7, 1, 8000, 1, 8), audio.MuLaw, 0},
		"extensible 24 in 32": {extFmt(le, 1, 2, 8000, 8, 32, 24), audio.S32LE, 0},
		"extensible 20 in 24": {extFmt(le, 1, 2, 8000, 6, 24, 20), audio.S24LE3, 0},
		"24 in 4, extensible": {extFmt(le, 1, 2, 8000, 8, 24, 24), audio.S32LE, 0},
		"20 in 3, extensible": {extFmt(le, 1, 2, 8000, 6, 20, 20), audio.S24LE3, 0},
		"16 in 3, extensible": {extFmt(le, 1, 2, 8000, 6, 16, 16), audio.S24LE3, 0},
		"extensible, valid 0": {extFmt(le, 1, 1, 8000, 2, 16, 0), audio.S16LE, 0},
		"extensible double":   {extFmt(le, 3, 1, 8000, 8, 64, 64), audio.Float64LE, 0},
		"extensible mu-law":   {extFmt(le, 7, 1, 8000, 1, 8, 8), audio.MuLaw, 0},
		"RIFX U8":             {plainFmt(be, 1, 1, 8000, 1, 8), 0, audio.U8},
		"RIFX S16":            {plainFmt(be, 1, 1, 8000, 2, 16), 0, audio.S16BE},
		"RIFX S24":            {plainFmt(be, 1, 1, 8000, 3, 24), 0, audio.S24BE3},
		"RIFX 24 in 4":        {plainFmt(be, 1, 1, 8000, 4, 24), 0, audio.S24BE},
		"RIFX S32":            {extFmt(be, 1, 1, 8000, 4, 32, 32), 0, audio.S32BE},
		"RIFX float":          {plainFmt(be, 3, 1, 8000, 4, 32), 0, audio.FloatBE},
		"RIFX double":         {plainFmt(be, 3, 1, 8000, 8, 64), 0, audio.Float64BE},
		"RIFX A-law":          {plainFmt(be, 6, 1, 8000, 1, 8), 0, audio.ALaw},
	} {
		t.Run(name, func(t *testing.T) {
			id, o, want := "RIFF", byteOrder(le), c.want
			if c.rifx != 0 {
				id, o, want = "RIFX", be, c.rifx
			}
			file := riff(o, id, chunk(o, "odd ", make([]byte, 7)), chunk(o, "fmt ", c.fmt),
				chunk(o, "LIST", make([]byte, 26)), chunk(o, "data", make([]byte, 240)), chunk(o, "id3 ", make([]byte, 9)))
			f, sound, err := readWAV(iotest.OneByteReader(bytes.NewReader(file)))
			if err != nil || f.Encoding != want || len(sound) != 240 {
				t.Errorf("read %v, %d bytes, error %v; want %v", f, len(sound), err, want)
			}
		})
	}
}

func TestWAVRefusals(t *testing.T) {
	le := binary.LittleEndian
	pcm := chunk(le, "fmt ", plainFmt(le, 1, 2, 8000, 4, 16))
	with := func(body []byte) []byte {
		return riff(le, "RIFF", chunk(le, "fmt ", body), chunk(le, "data", make([]byte, 8)))
	}
	huge := func(id string) []byte { return []byte(id + "\xf0\xff\xff\xff") }
	rf64 := func(data uint64) []byte {
		ds := le.AppendUint64(make([]byte, 8), data)
		return riff(le, "RF64", chunk(le, "ds64", append(ds, make([]byte, 12)...)), pcm, []byte("data\xff\xff\xff\xff"))
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":               {nil, "this is not a WAV file: it is empty (unexpected EOF)"},
		"FLAC":                {[]byte("fLaC\x00\x00\x00\x22"), `this is not a WAV file: it starts with "fLaC"; raw data need --rate, --channels and --format`},
		"AVI":                 {[]byte("RIFF\x10\x00\x00\x00AVI LIST"), `it is a RIFF file of type "AVI "`},
		"only RIFF":           {[]byte("RIFF"), "ends inside its header, after 4 bytes"},
		"no data chunk":       {riff(le, "RIFF", pcm), "ends inside its header, after 36 bytes"},
		"data before fmt":     {riff(le, "RIFF", chunk(le, "data", make([]byte, 8)), pcm), "no fmt chunk before the data"},
		"short fmt":           {with(make([]byte, 14)), "its fmt chunk has 14 bytes, less than 16"},
		"rate 0":              {with(plainFmt(le, 1, 2, 0, 4, 16)), "the WAV header cannot be used: rate 0 Hz is out of range; use 1000..768000"},
		"rate -1":             {with(plainFmt(le, 1, 2, -1, 4, 16)), "is out of range; use 1000..768000"},
		"no channels":         {with(plainFmt(le, 1, 0, 8000, 4, 16)), "0 channels are out of range; use 1..64"},
		"65 channels":         {with(plainFmt(le, 1, 65, 8000, 130, 16)), "65 channels are out of range; use 1..64"},
		"frames of 0 bytes":   {with(plainFmt(le, 1, 2, 8000, 0, 16)), "samples of an odd size (format 0x0001, 16 bits in 0 bytes)"},
		"frames of 5 bytes":   {with(plainFmt(le, 1, 2, 8000, 5, 16)), "frames of 5 bytes for 2 channels"},
		"0 bits":              {with(plainFmt(le, 1, 2, 8000, 4, 0)), "samples of an odd size"},
		"40 bits":             {with(plainFmt(le, 1, 1, 8000, 5, 40)), "samples of an odd size"},
		"half float":          {with(plainFmt(le, 3, 1, 8000, 2, 16)), "samples of an odd size (format 0x0003"},
		"MP3":                 {with(plainFmt(le, 0x55, 2, 44100, 2, 0)), "the WAV file holds MP3 (format 0x0055, 0 bits in 1 bytes), which is not supported; convert it first"},
		"unknown tag":         {with(plainFmt(le, 0x1234, 2, 44100, 4, 16)), "an unknown encoding (format 0x1234"},
		"extensible, short":   {with(plainFmt(le, wavExtensible, 2, 44100, 4, 16)), "its extensible format has 16 bytes of 40"},
		"extensible, foreign": {with(bytes.Replace(extFmt(le, 1, 2, 44100, 4, 16, 16), []byte("\x38\x9b"), []byte("??"), 1)), "an unknown encoding"},
		"17 of 16 bits":       {with(extFmt(le, 1, 2, 44100, 4, 16, 17)), "17 valid bits in samples of 16"},
		"fmt of 4 GiB":        {riff(le, "RIFF", huge("fmt "), extFmt(le, 1, 2, 8000, 4, 16, 16)), "no sound within 64 MiB"},
		"LIST of 4 GiB":       {riff(le, "RIFF", pcm, huge("LIST")), "no sound within 64 MiB"},
		"RF64, no ds64":       {riff(le, "RF64", pcm, []byte("data\xff\xff\xff\xff")), "no ds64 chunk"},
		"RF64, short ds64":    {riff(le, "RF64", chunk(le, "ds64", make([]byte, 16))), "its ds64 chunk has 16 bytes, less than 24"},
		"RF64, size -2":       {rf64(1<<64 - 2), "promises 18446744073709551614 bytes of sound"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewReader(bytes.NewReader(c.file))
			if !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want ErrInvalid: %s", err, c.want)
			}
		})
	}
}

// A stream of chunks without end must not keep the reader for ever.
func TestWAVEndlessHeader(t *testing.T) {
	start := []byte("RIFF\xff\xff\xff\xffWAVE")
	_, err := NewReader(io.MultiReader(bytes.NewReader(start), endless("JUNK\xf8\xff\x0f\x00")))
	if !errors.Is(err, audio.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
}

// endless repeats a chunk header at every multiple of 1 MiB.
type endless string

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

func TestWAVHeaderReadError(t *testing.T) {
	file := riff(binary.LittleEndian, "RIFF")
	for n := range len(file) {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(syscall.ESTALE))
		if _, err := NewReader(r); !errors.Is(err, audio.ErrIO) || !errors.Is(err, syscall.ESTALE) {
			t.Errorf("after %d bytes: error %v, want EIO that wraps ESTALE", n, err)
		}
	}
}
