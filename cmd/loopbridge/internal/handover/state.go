package handover

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"hash/crc32"
	"io"
	"math"
	"os"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

const (
	headBytes = 32
	// mostBytes limits what is read: far above what a daemon has.
	mostBytes = 1 << 30
)

// head begins the file.
type head struct {
	Magic   [8]byte
	Version uint32
	Sum     uint32
	Bytes   uint64
	Offset  uint64
}

var magic = [8]byte([]byte("loopbrdg"))

func sum(values []byte) uint32 { return crc32.Checksum(values, crc32.MakeTable(crc32.Castagnoli)) }

// Learn prepares Write for states of a type, given a pointer to one. That takes milliseconds on a fast processor, once, for
// which nothing has to stand still.
func Learn(state any) { _ = gob.NewEncoder(io.Discard).Encode(state) } // Write has the error

// Write writes a state, a pointer to a struct, to a new file in memory, which nobody can change. The caller closes it.
func Write(state any) (*os.File, error) {
	var values bytes.Buffer
	if err := gob.NewEncoder(&values).Encode(state); err != nil {
		return nil, audio.ErrUnsupported.With("the state cannot be written down: %v", err)
	}
	h := head{Magic: magic, Version: Version, Sum: sum(values.Bytes()), Bytes: uint64(values.Len()), Offset: headBytes}
	return seal(binary.LittleEndian.AppendUint64(appendHead(nil, &h), h.Offset), values.Bytes())
}

// appendHead appends all of a head but the offset.
func appendHead(b []byte, h *head) []byte {
	b = append(b, h.Magic[:]...)
	b = binary.LittleEndian.AppendUint32(b, h.Version)
	b = binary.LittleEndian.AppendUint32(b, h.Sum)
	return binary.LittleEndian.AppendUint64(b, h.Bytes)
}

// seal writes pieces to a new file in memory.
func seal(pieces ...[]byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("loopbridge-state", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, audio.ErrNoMemory.With("no memory for the state: %v", err)
	}
	f := os.NewFile(uintptr(fd), "state")
	for _, piece := range pieces {
		if _, err := f.Write(piece); err != nil {
			f.Close()
			return nil, audio.ErrNoMemory.With("no memory for the state: %v", err)
		}
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL)
	if err != nil {
		f.Close()
		return nil, audio.ErrIO.With("the state cannot be sealed: %v", err)
	}
	return f, nil
}

// Read reads a state that Write wrote into state, a pointer to a struct of the same kind. ErrUnsupported: it has another Version.
// ErrInvalid: it is damaged.
func Read(from io.ReaderAt, state any) error {
	raw := make([]byte, headBytes)
	if _, err := from.ReadAt(raw, 0); err != nil {
		return audio.ErrInvalid.With("the state is damaged: it has no head: %v", err)
	}
	var h head
	_ = binary.Read(bytes.NewReader(raw), binary.LittleEndian, &h) // it is long enough
	switch {
	case h.Magic != magic:
		return audio.ErrInvalid.With("what was handed over is no state of loopbridge")
	case h.Version != Version:
		return audio.ErrUnsupported.With("the state has version %d, and this program reads version %d: restart the daemon to change "+
			"from the one to the other", h.Version, Version)
	case h.Bytes > mostBytes || h.Offset < headBytes || h.Offset > math.MaxInt32:
		return audio.ErrInvalid.With("the state is damaged: %d bytes at %d are out of range", h.Bytes, h.Offset)
	}
	values, err := io.ReadAll(io.NewSectionReader(from, int64(h.Offset), int64(h.Bytes)))
	switch {
	case err != nil || uint64(len(values)) != h.Bytes:
		return audio.ErrInvalid.With("the state is damaged: it has %d of %d bytes", len(values), h.Bytes)
	case sum(values) != h.Sum:
		return audio.ErrInvalid.With("the state is damaged: its checksum is another one")
	}
	if err := gob.NewDecoder(bytes.NewReader(values)).Decode(state); err != nil {
		return audio.ErrInvalid.With("the state cannot be read: %v", err)
	}
	return nil
}
