package wav

import (
	"encoding/binary"
	"io"
)

// wavDisk patches a file that is being written and restores the writer's position.
type wavDisk struct {
	s    io.WriteSeeker
	at   io.WriterAt // nil: seek there and back
	base int64       // offset of the header in the file
}

// newWAVDisk returns nil if w cannot seek. That includes a file opened for appending, whose
// writes always go to the end; it refuses WriteAt.
func newWAVDisk(w io.Writer) *wavDisk {
	s, ok := w.(io.WriteSeeker)
	if !ok {
		return nil
	}
	base, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil
	}
	at, ok := w.(io.WriterAt)
	if ok {
		if _, err := at.WriteAt(nil, base); err != nil {
			return nil
		}
	}
	return &wavDisk{s: s, at: at, base: base}
}

// writeAt writes p at off and leaves the position at resume, both counted from the header.
func (d *wavDisk) writeAt(p []byte, off, resume int64) error {
	if d.at != nil {
		_, err := d.at.WriteAt(p, d.base+off)
		return err
	}
	if _, err := d.s.Seek(d.base+off, io.SeekStart); err != nil {
		return err
	}
	n, err := d.s.Write(p)
	if err != nil || n < len(p) {
		err = wavShort(err)
	}
	if _, back := d.s.Seek(d.base+resume, io.SeekStart); err == nil {
		err = back
	}
	return err
}

// truncate cuts off what lies beyond size, counted from the header, if the target can.
func (d *wavDisk) truncate(size int64) {
	if t, ok := d.s.(interface{ Truncate(size int64) error }); ok {
		t.Truncate(d.base + size)
	}
}

// end returns the length of header and frames in bytes.
func (w *Writer) end() int64 {
	return w.head + w.frames*int64(w.f.FrameBytes())
}

// patch sets the header to the frames on disk, in one write so that a kill cannot leave half of
// it, and then writes the pad byte, which the next frame overwrites. If there is no room for the
// pad, the header says so.
func (w *Writer) patch() error {
	end := w.end()
	pad := end & 1 // the header is even
	if err := w.settle(); err != nil {
		return err
	}
	if err := w.disk.writeAt(w.header(w.frames, pad), 0, end); err != nil {
		return err
	}
	w.patched = w.frames
	if pad == 0 {
		return nil
	}
	err := w.disk.writeAt(w.zero[:], end, end)
	if err != nil {
		w.disk.writeAt(w.header(w.frames, 0), 0, end)
	}
	return err
}

// header builds the header for a number of frames and pad bytes in w.hdr. Its length depends on
// the format alone and is even.
func (w *Writer) header(frames, pad int64) []byte {
	le := binary.LittleEndian
	b := append(w.hdr[:0], "RIFF\xff\xff\xff\xffWAVE"...)
	if w.disk != nil {
		b = append(b, "JUNK"...) // room for ds64
		b = le.AppendUint32(b, wavDS64Bytes)
		b = append(b, make([]byte, wavDS64Bytes)...)
	}
	if w.bext != nil {
		b = appendBext(b, w.bext)
	}
	at := len(b)
	b = appendWAVFormat(b, w.f)
	if le.Uint16(b[at+8:]) != wavPCM {
		b = append(b, "fact\x04\x00\x00\x00\xff\xff\xff\xff"...)
	}
	b = append(b, "data\xff\xff\xff\xff"...)
	if w.disk == nil {
		return b
	}

	data := uint64(frames) * uint64(w.f.FrameBytes())
	riff := uint64(len(b)) - 8 + data + uint64(pad)
	if riff > w.limit {
		copy(b, "RF64")
		copy(b[12:], "ds64")
		le.PutUint64(b[20:], riff)
		le.PutUint64(b[28:], data)
		le.PutUint64(b[36:], uint64(frames))
	} else {
		le.PutUint32(b[4:], uint32(riff))
		le.PutUint32(b[len(b)-4:], uint32(data))
	}
	if fact := b[len(b)-20:]; string(fact[:4]) == "fact" {
		le.PutUint32(fact[8:], uint32(min(frames, wavMax32)))
	}
	w.hdr = b
	return b
}
