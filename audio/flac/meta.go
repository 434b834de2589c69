package flac

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
)

// Types of metadata blocks.
const (
	streamInfo = 0
	padding    = 1
	comments   = 4
	lastBlock  = 0x80
)

const (
	magic     = "fLaC"
	infoAt    = len(magic) + blockHead // of the body of STREAMINFO
	infoBytes = 34
	blockHead = 4
)

// known is what STREAMINFO says once a file is whole; zero: unknown, as it is while the file grows.
type known struct {
	smallest, largest int // frames in bytes
	total             uint64
	md5               [16]byte
}

// appendInfo appends the body of STREAMINFO.
func appendInfo(b []byte, f audio.Format, k *known) []byte {
	be := binary.BigEndian
	b = be.AppendUint16(b, blockFrames)
	b = be.AppendUint16(b, blockFrames)
	b = append(b, byte(k.smallest>>16), byte(k.smallest>>8), byte(k.smallest))
	b = append(b, byte(k.largest>>16), byte(k.largest>>8), byte(k.largest))
	b = be.AppendUint64(b, uint64(f.Rate)<<44|uint64(f.Channels-1)<<41|uint64(f.Encoding.Bits()-1)<<36|k.total&(1<<36-1))
	return append(b, k.md5[:]...)
}

// appendComments appends VORBIS_COMMENT and, behind it, PADDING, together as long as the first one was with room more
// bytes. Comments that do not fit are left out. size is that of both bodies, −1: as it comes.
func appendComments(b []byte, all []string, room, size int) ([]byte, int) {
	le := binary.LittleEndian
	text := le.AppendUint32(nil, uint32(len(vendor)))
	text = append(text, vendor...)
	at, count := len(text), uint32(0)
	text = le.AppendUint32(text, 0)
	for _, c := range all {
		if size >= 0 && len(text)+4+len(c) > size {
			continue
		}
		text = append(le.AppendUint32(text, uint32(len(c))), c...)
		count++
	}
	le.PutUint32(text[at:], count)
	if size < 0 {
		size = len(text) + room
	}
	b = appendBlock(b, comments, text)
	return appendBlock(b, padding|lastBlock, make([]byte, size-len(text))), size
}

const vendor = "loopbridge"

func appendBlock(b []byte, kind byte, body []byte) []byte {
	b = append(b, kind, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
	return append(b, body...)
}
