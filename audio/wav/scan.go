package wav

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// wavMaxHeader bounds the chunks before the sound, so that no stream keeps a reader busy forever.
// Cover pictures and broadcast notes take a few MiB.
const wavMaxHeader = 64 << 20

// wavScanner reads a header up to the first byte of sound.
type wavScanner struct {
	r     io.Reader
	size  int64 // of all that r has; −1: unknown
	order binary.ByteOrder
	pos   int64 // bytes read
	buf   [40]byte
	odd   bool  // a pad byte is due
	lies  []lie // harmless ones

	f    audio.Format
	riff uint64 // bytes after the RIFF size field
	data uint64 // bytes of sound
	wide bool   // RF64, BW64: sizes of wavMax32 are in ds64
	ds64 struct {
		found      bool
		riff, data uint64
	}
}

// scan reads up to the first byte of sound.
func (s *wavScanner) scan() error {
	if err := s.magic(); err != nil {
		return err
	}
	for {
		id, size, err := s.chunk()
		if err != nil {
			return err
		}
		rest := int64(size)
		switch {
		case id == "data":
			return s.dataChunk(size)
		case id == "fmt ":
			rest, err = s.fmtChunk(size)
		case id == "ds64" && s.wide:
			rest, err = s.ds64Chunk(size)
		}
		if err == nil {
			err = s.skip(id, rest)
		}
		if err != nil {
			return err
		}
		s.odd = size&1 != 0
	}
}

// magic reads the first twelve bytes.
func (s *wavScanner) magic() error {
	n, err := io.ReadFull(s.r, s.buf[:12])
	s.pos = int64(n)
	id := string(s.buf[:min(n, 4)])
	s.order = binary.LittleEndian
	switch id {
	case "RIFF":
	case "RIFX":
		s.order = binary.BigEndian
	case "RF64", "BW64":
		s.wide = true
	default:
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return s.failed(err)
		}
		if n == 0 {
			return audio.ErrInvalid.With("this is not a WAV file: it is empty (%v)", io.ErrUnexpectedEOF)
		}
		return audio.ErrInvalid.With("this is not a WAV file: it starts with %q;"+
			" raw data need --rate, --channels and --format", id)
	}
	if err != nil {
		return s.failed(err)
	}
	if form := string(s.buf[8:12]); form != "WAVE" {
		return audio.ErrInvalid.With("this is not a WAV file: it is a RIFF file of type %q", form)
	}
	s.riff = uint64(s.order.Uint32(s.buf[4:]))
	return nil
}

// fmtChunk parses a fmt chunk and returns how many of its bytes are left.
func (s *wavScanner) fmtChunk(size uint32) (rest int64, err error) {
	if size < 16 {
		return 0, damaged("its fmt chunk has %d bytes, less than 16", size)
	}
	n := min(size, uint32(len(s.buf)))
	b, err := s.take(int(n))
	if err != nil {
		return 0, err
	}
	s.f, err = parseWAVFormat(b, s.order)
	return int64(size) - int64(n), err
}

// ds64Chunk reads the 64-bit sizes and returns how many bytes of the chunk are left.
func (s *wavScanner) ds64Chunk(size uint32) (rest int64, err error) {
	const sizes = 24 // of RIFF, of data, in frames; the table after them is unused
	if size < sizes {
		return 0, damaged("its ds64 chunk has %d bytes, less than %d", size, sizes)
	}
	b, err := s.take(sizes)
	if err != nil {
		return 0, err
	}
	s.ds64.found, s.ds64.riff, s.ds64.data = true, s.order.Uint64(b), s.order.Uint64(b[8:])
	return int64(size) - sizes, nil
}

// chunk reads a chunk header. Some programs leave out the pad byte after a chunk of odd length;
// the id then begins where the pad should be.
func (s *wavScanner) chunk() (id string, size uint32, err error) {
	at := s.pos
	b, err := s.take(wavChunkHead)
	if err != nil {
		return "", 0, err
	}
	switch {
	case !s.odd:
	case wavKnownChunk(string(b[:4])) && !wavKnownChunk(string(b[1:5])):
		s.lies = append(s.lies, lie{"the chunk before %q lacks its pad byte", []any{string(b[:4])}})
	default:
		copy(b, b[1:])
		n, err := io.ReadFull(s.r, b[wavChunkHead-1:])
		if s.pos += int64(n); err != nil {
			return "", 0, s.failed(err)
		}
	}
	if !wavPrintable(b[:4]) && !wavZero(b) { // eight zeros are an empty chunk, which some programs use as a gap
		return "", 0, damaged("%d bytes from the beginning there is no chunk but %q", at, b[:4])
	}
	return string(b[:4]), s.order.Uint32(b[4:]), nil
}

func (s *wavScanner) dataChunk(size uint32) error {
	if s.f.IsZero() {
		return damaged("it has no fmt chunk before the data")
	}
	s.data = uint64(size)
	if s.ds64.found && s.riff == wavMax32 {
		s.riff = s.ds64.riff
	}
	switch {
	case !s.wide, size != wavMax32 && (size != 0 || !s.ds64.found):
		return nil
	case !s.ds64.found:
		return damaged("it has 64-bit sizes but no ds64 chunk")
	}
	s.riff, s.data = s.ds64.riff, s.ds64.data
	if s.data > math.MaxInt64 && s.data != wavMax64 {
		return damaged("it promises %d bytes of sound", s.data)
	}
	return nil
}

// dataSize returns the length of the data chunk in bytes, unless its size is a placeholder. A
// RIFF size that leaves room for chunks behind the data proves that the program knew the length.
func (s *wavScanner) dataSize() (size int64, known bool) {
	if s.data == wavMax64 {
		return 0, false
	}
	end := uint64(s.pos) - 8 + s.data + s.data&1
	known = !s.placeholder(s.data) || !s.placeholder(s.riff) && s.riff > end
	if !known {
		return 0, false
	}
	return int64(s.data), true
}

// other returns the length that ds64 gives the sound, if the data chunk disagrees.
func (s *wavScanner) other() (size int64, has bool) {
	if s.ds64.found && s.ds64.data != s.data && s.ds64.data <= math.MaxInt64 {
		return int64(s.ds64.data), true
	}
	return 0, false
}

// truth corrects the length of the sound if the file size disproves the header: the length of
// ds64 fills the file, or more follows than any chunk can hold because a 32-bit size wrapped.
func (s *wavScanner) truth(data int64) int64 {
	if s.size < 0 {
		return data
	}
	if other, has := s.other(); has && s.pos+other == s.size {
		return other
	}
	if rest := s.size - s.pos - data; !s.wide && rest > wavMax32 {
		data += rest &^ wavMax32
	}
	return data
}

// placeholder reports whether size is what a program writes that cannot seek back: 0 (GStreamer,
// a killed recorder), 0x7FFFF000 less a frame (SoX), 0x7FFFFFFF, 0x80000000 plus a header
// (arecord), 0xFFFFFFFF with or without a header (FFmpeg), all ones. The 64-bit sizes of ds64
// are not mistaken for these.
func (s *wavScanner) placeholder(size uint64) bool {
	if s.ds64.found {
		return size == 0 || size == wavMax64
	}
	return size == 0 || size >= 0x7FFFE000 && size <= 0x80000100 || size > wavMaxRIFF
}

// take reads exactly n bytes, valid until the next call.
func (s *wavScanner) take(n int) ([]byte, error) {
	m, err := io.ReadFull(s.r, s.buf[:n])
	s.pos += int64(m)
	if err != nil {
		return nil, s.failed(err)
	}
	return s.buf[:n], nil
}

// skip discards the rest of a chunk.
func (s *wavScanner) skip(id string, n int64) error {
	switch {
	case s.size >= 0 && s.pos+n > s.size:
		return damaged("its chunk %q promises %d bytes more than the file has (%v)",
			id, s.pos+n-s.size, io.ErrUnexpectedEOF)
	case s.pos+n > wavMaxHeader:
		return damaged("with its chunk %q of %d bytes there is no sound within %d MiB", id, n, wavMaxHeader>>20)
	}
	m, err := io.CopyN(io.Discard, s.r, n)
	s.pos += m
	if err != nil {
		return s.failed(err)
	}
	return nil
}

func (s *wavScanner) failed(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return audio.ErrInvalid.With(
			"the WAV file ends inside its header, after %d bytes (%v)", s.pos, io.ErrUnexpectedEOF)
	}
	return audio.ErrIO.With("reading the WAV header failed: %v", err)
}

func damaged(format string, args ...any) error {
	return audio.ErrInvalid.With("the WAV header is damaged: "+format, args...)
}
