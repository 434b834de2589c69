package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/loopbridge/loopbridge/audio"
)

// sized is a WAV file of chunks, whose data chunk claims some size, and the sound; the RIFF
// size is riff.
func sized(id string, riff, data uint32, before, sound, after []byte) []byte {
	le := binary.LittleEndian
	file := append(le.AppendUint32([]byte(id), riff), "WAVE"...)
	file = append(le.AppendUint32(append(append(file, before...), "data"...), data), sound...)
	return append(file, after...)
}

// Headers that lie: all the sound that is there is read, and the header is said to lie; or
// it is an error that names the damage. A file and a stream of unknown size are alike,
// unless it is said.
func TestWAVHeadersThatLie(t *testing.T) {
	le := binary.LittleEndian
	f := audio.Format{Rate: 8000, Channels: 2, Encoding: audio.S16LE}
	sound := counted(f, 100) // 400 bytes
	fmtChunk := chunk(le, "fmt ", plainFmt(le, 1, 2, 8000, 4, 16))
	list := chunk(le, "LIST", []byte("INFOISFT\x05\x00\x00\x00Lavf5"))
	list = list[:len(list)-1] // its 17 bytes lack a pad
	ds64 := func(riff, data uint64) []byte {
		return chunk(le, "ds64", le.AppendUint32(le.AppendUint64(le.AppendUint64(le.AppendUint64(nil, riff), data), data/4), 0))
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	id3 := append([]byte("TAG"), bytes.Repeat([]byte("song"), 32)[:125]...)
	mono := chunk(le, "fmt ", plainFmt(le, 1, 1, 8000, 1, 8))
	const grown = "its header promises 25 frames, and there are 100"
	for name, c := range map[string]struct {
		file []byte
		want []byte // nil: sound
		lies string
		err  string

		stream string // says so instead
	}{
		"a recorder that was killed a while after it wrote the header": {file: sized("RIFF", 136, 100, fmtChunk, sound, nil), lies: grown},
		"a stale size that is no whole frame":                          {file: sized("RIFF", 137, 101, fmtChunk, sound, nil), lies: grown},
		"sizes that count the header":                                  {file: sized("RIFF", 436, 444, fmtChunk, sound, nil), err: "cut off: its header promises 111 frames, it has 100"},
		"size 0, RIFF size true":                                       {file: sized("RIFF", 436, 0, fmtChunk, sound, nil), lies: "its header promises 0 frames, and there are 100"},
		"both 0":                                                       {file: sized("RIFF", 0, 0, fmtChunk, sound, nil)},
		"both -1":                                                      {file: sized("RIFF", wavMax32, wavMax32, fmtChunk, sound, nil)},
		"RIFF size 0":                                                  {file: sized("RIFF", 0, 400, fmtChunk, sound, nil)},
		"RIFF size too small":                                          {file: sized("RIFF", 40, 400, fmtChunk, sound, list)},
		"RIFF size too large":                                          {file: sized("RIFF", 40000, 400, fmtChunk, sound, nil)},
		"chunks behind":                                                {file: sized("RIFF", 500, 400, fmtChunk, sound, join(list, []byte{0}, list))},
		"a chunk of its own kind behind, which RIFF covers": {file: sized("RIFF", 436+8+9, 400, fmtChunk, sound, chunk(le, "mine", make([]byte, 9)))},
		"ID3v1 behind":               {file: sized("RIFF", 436, 400, fmtChunk, sound, id3)},
		"a chunk and zeros behind":   {file: sized("RIFF", 500, 400, fmtChunk, sound, join(list, make([]byte, 2000)))},
		"a chunk and rubbish behind": {file: sized("RIFF", 500, 400, fmtChunk, sound, join(list, []byte{0}, bytes.Repeat([]byte{0xEE}, 99))), err: "behind its sound, there is neither a chunk nor its end"},
		"another file behind":        {file: join(sized("RIFF", 436, 400, fmtChunk, sound, list), []byte{0}, sized("RIFF", 436, 400, fmtChunk, sound, nil)), err: "another WAV file follows the first"},
		"another file right behind":  {file: join(sized("RIFF", 436, 400, fmtChunk, sound, nil), sized("RIFF", 436, 400, fmtChunk, sound, nil)), err: "another WAV file follows the first, 444 bytes"},

		"a pad byte that is not 0":       {file: sized("RIFF", 500, 400, join(list, []byte("Q"), fmtChunk), sound, nil)},
		"no pad byte before fmt":         {file: sized("RIFF", 500, 400, join(list, fmtChunk), sound, nil), lies: `the chunk before "fmt " lacks its pad byte`},
		"no pad byte before data":        {file: sized("RIFF", 500, 400, join(fmtChunk, list), sound, nil), lies: `the chunk before "data" lacks its pad byte`},
		"no pad byte before two chunks":  {file: sized("RIFF", 500, 400, join(fmtChunk, list, list), sound, nil), lies: `the chunk before "LIST" lacks its pad byte; the chunk before "data" lacks its pad byte`},
		"odd sound, and nothing":         {file: sized("RIFF", 135, 99, mono, sound[:99], nil), want: sound[:99]},
		"odd sound, a pad":               {file: sized("RIFF", 136, 99, mono, sound[:99], []byte("Q")), want: sound[:99]},
		"odd sound, a pad and a chunk":   {file: sized("RIFF", 500, 99, mono, sound[:99], append([]byte("Q"), list...)), want: sound[:99]},
		"odd sound, no pad, but a chunk": {file: sized("RIFF", 500, 99, mono, sound[:99], list), want: sound[:99], lies: "its sound lacks its pad byte"},
		"odd sound that goes on":         {file: sized("RIFF", 135, 99, mono, sound, nil), lies: "its header promises 99 frames, and there are 400"},

		"RF64, neither -1 nor true": {file: sized("RF64", wavMax32, 101, join(ds64(0, 400), fmtChunk), sound, nil), lies: grown, stream: "its header promises 25 frames, and its ds64 chunk 100"},
		"RF64, data chunk 0":        {file: sized("RF64", wavMax32, 0, join(ds64(500, 400), fmtChunk), sound, nil)},
		"RF64, ds64 too small":      {file: sized("RF64", wavMax32, wavMax32, join(ds64(136, 100), fmtChunk), sound, nil), lies: grown},
		"RF64, ds64 0":              {file: sized("RF64", wavMax32, wavMax32, join(ds64(0, 0), fmtChunk), sound, nil)},
		"RF64, 32-bit size is true": {file: sized("RF64", wavMax32, 400, join(ds64(0, 100), fmtChunk), sound, list)},
		"RF64, both too small":      {file: sized("RF64", wavMax32, 100, join(ds64(0, 200), fmtChunk), sound, nil), lies: "its header promises 25 frames, and its ds64 chunk 50; " + grown},

		"a chunk that is longer than the file": {file: sized("RIFF", 500, 400, join(fmtChunk, []byte("LIST\x00\x00\x00\x01")), sound, nil), err: `its chunk "LIST"`, stream: "ends inside its header"},
		"a header out of step":                 {file: sized("RIFF", 500, 400, join(fmtChunk, []byte{1, 2, 3, 4}), sound, nil), err: `is damaged: 36 bytes from the beginning there is no chunk but "\x01\x02\x03\x04"`},
	} {
		for kind, open := range map[string]func() (*Reader, error){
			"file":   func() (*Reader, error) { return NewFileReader(bytes.NewReader(c.file), int64(len(c.file))) },
			"stream": func() (*Reader, error) { return NewReader(iotest.OneByteReader(bytes.NewReader(c.file))) },
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				c := c
				want := c.want
				if want == nil {
					want = sound
				}
				r, err := open()
				var got []byte
				block := make([]byte, 7*8)
				for err == nil {
					var n int
					n, err = r.ReadFrames(block)
					got = append(got, block[:n*r.Format().FrameBytes()]...)
				}
				if c.err != "" {
					if kind == "stream" && c.stream != "" {
						c.err = c.stream
					}
					if !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), c.err) || r != nil && !bytes.Equal(got, want) {
						t.Errorf("%d bytes, error %v; want %s", len(got), err, c.err)
					}
					return
				}
				if err != io.EOF || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes of %d, error %v", len(got), len(want), err)
				}
				lies := strings.Join(r.Lies(), "; ")
				if kind == "stream" && c.stream != "" {
					c.lies = c.stream
				}
				if lies != c.lies {
					t.Errorf("says %q, want %q", lies, c.lies)
				}
			})
		}
	}
}

// A size of 32 bits that has wrapped: six hours of which the header tells two seconds. The
// file is a hole.
func TestWAVWrappedSizes(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	for _, gib := range []int64{1, 3} {
		const more = 2 * 48000
		data := gib<<32 + more*int64(f.FrameBytes())
		le := binary.LittleEndian
		for _, behind := range []int64{0, 1000} { // zeros, which are sound unless a chunk comes before
			h := &hole{size: 44 + data + behind}
			copy(h.head[:], sized("RIFF", uint32(data+36), uint32(data), chunk(le, "fmt ", plainFmt(le, 1, 2, 48000, 4, 16)), nil, nil))
			want := data/4 + behind/4
			for _, size := range []int64{h.size, -1} {
				h.pos = 0
				r, err := NewFileReader(h, size)
				if err != nil {
					t.Fatal(err)
				}
				if n, known := r.Frames(); size > 0 && n != data/4 || size < 0 && n != more || !known {
					t.Errorf("%d GiB, file size %d: %d frames, known %v; want %d", 4*gib, size, n, known, data/4)
				}
				var frames int64
				block := make([]byte, 64<<20)
				for err == nil {
					var n int
					n, err = r.ReadFrames(block)
					frames += int64(n)
				}
				if err != io.EOF || frames != want || len(r.Lies()) == 0 {
					t.Errorf("%d GiB, file size %d: read %d frames of %d, error %v, says %q", 4*gib, size, frames, want, err, r.Lies())
				}
			}
		}
	}
}
