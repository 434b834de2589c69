package flac

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// Repair ends a FLAC file whose Writer was killed: what lies behind its last whole block is cut off, and the header says
// how many frames there are, but has no check sum. It returns how many. ErrInvalid: it is no file of a Writer, and stays as
// it is. ErrIO wraps a failure of f.
func Repair(f interface {
	io.ReaderAt
	io.WriterAt
	io.Seeker
	Truncate(size int64) error
}) (frames int64, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, unrepaired(err)
	}
	r := &repair{f: f, size: size, crcs: newCRCs()}
	if err := r.readHead(); err != nil {
		return 0, err
	}
	end, frames, err := r.last()
	if err != nil {
		return 0, err
	}
	if err := f.Truncate(end); err != nil {
		return 0, unrepaired(err)
	}
	k := known{total: uint64(frames)}
	if _, err := f.WriteAt(appendInfo(nil, r.format, &k), int64(infoAt)); err != nil {
		return 0, unrepaired(err)
	}
	return frames, nil
}

func unrepaired(err error) error {
	return audio.ErrIO.With("the FLAC file cannot be repaired: %v", err)
}

// repair looks for the last whole block of a file.
type repair struct {
	f      io.ReaderAt
	size   int64
	crcs   *crcs
	format audio.Format
	sound  int64 // where the blocks begin
}

// readHead reads the metadata.
func (r *repair) readHead() error {
	var head [infoAt + infoBytes]byte
	if _, err := r.f.ReadAt(head[:], 0); err != nil {
		return r.damaged(err)
	}
	bits := binary.BigEndian.Uint64(head[infoAt+10:])
	r.format = audio.Format{Rate: int(bits >> 44), Channels: int(bits>>41&7) + 1}
	switch bits>>36&31 + 1 {
	case 16:
		r.format.Encoding = audio.S16LE
	case 24:
		r.format.Encoding = audio.S24LE3
	}
	if string(head[:len(magic)]) != magic || head[len(magic)] != streamInfo || binary.BigEndian.Uint16(head[infoAt:]) != blockFrames ||
		r.format.Validate() != nil {
		return audio.ErrInvalid.With("this is not a FLAC file of this program")
	}
	r.sound = int64(len(head))
	for {
		var b [blockHead]byte
		if _, err := r.f.ReadAt(b[:], r.sound); err != nil {
			return r.damaged(err)
		}
		r.sound += blockHead + int64(b[1])<<16 + int64(b[2])<<8 + int64(b[3])
		if r.sound > r.size {
			return r.damaged(io.EOF)
		}
		if b[0]&lastBlock != 0 {
			return nil
		}
	}
}

func (r *repair) damaged(err error) error {
	if errors.Is(err, io.EOF) {
		return audio.ErrInvalid.With("the FLAC file ends within its header")
	}
	return unrepaired(err)
}

// window is how much of the end of a file is looked at, at first: some blocks, whatever they hold.
const window = 512 << 10

// last returns where the last whole block ends, and how many frames there are up to there.
func (r *repair) last() (end, frames int64, err error) {
	for look := int64(window); ; look *= 4 {
		from := max(r.sound, r.size-look)
		p := make([]byte, max(0, r.size-from))
		if _, err := r.f.ReadAt(p, from); err != nil && err != io.EOF {
			return 0, 0, unrepaired(err)
		}
		if at, n, found := r.lastIn(p); found {
			return from + int64(at), n, nil
		}
		if from == r.sound {
			return r.sound, 0, nil
		}
	}
}

// lastIn is last for a part of the file. A block ends where it has its check sum right, at the end or where another one
// begins.
func (r *repair) lastIn(p []byte) (end int, frames int64, found bool) {
	ends := endsOf(p)
	for at := len(p) - 1; at >= 0; at-- {
		number, size, ok := r.headAt(p[at:])
		if !ok {
			continue
		}
		for _, end := range ends {
			if r.crcs.of16(p[at:end]) == 0 {
				return end, number*blockFrames + int64(size), true
			}
		}
		if ends = append(ends, at); len(ends) > 16 {
			ends = ends[1:]
		}
	}
	return 0, 0, false
}

// endsOf returns where the last block can end. Zeros may follow it that a file system has put there when the power went: they do
// not change a check sum that is right. (One that itself ends in a zero then loses it, and with it the block.)
func endsOf(p []byte) []int {
	end := len(bytes.TrimRight(p, "\x00"))
	if len(p)-end <= 2 {
		return []int{len(p)}
	}
	return []int{end, end + 1, end + 2}
}

// headAt reads the header of a block, if there is one.
func (r *repair) headAt(p []byte) (number int64, frames int, ok bool) {
	if len(p) < 6 || p[0] != 0xFF || p[1] != 0xF8 || p[3]&1 != 0 || uint64(p[2]&15) != rateCode(r.format.Rate) {
		return 0, 0, false
	}
	more := 0
	for first := p[4]; first&0x80 != 0; first <<= 1 {
		more++
	}
	number = int64(p[4])
	if more > 0 {
		number &= 1<<max(7-more, 0) - 1
		if more--; more == 0 || more > 6 || len(p) < 6+more+2 {
			return 0, 0, false
		}
	}
	for _, b := range p[5 : 5+more] {
		number = number<<6 | int64(b&0x3F)
	}
	at := 5 + more
	switch p[2] >> 4 {
	case 12:
		frames = blockFrames
	case 7:
		if len(p) < at+3 {
			return 0, 0, false
		}
		frames = int(binary.BigEndian.Uint16(p[at:])) + 1
		at += 2
	default:
		return 0, 0, false
	}
	return number, frames, len(p) > at && r.crcs.of8(p[:at]) == p[at]
}
