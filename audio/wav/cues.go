package wav

import (
	"encoding/binary"

	"github.com/loopbridge/loopbridge/audio"
)

// Cue is a place in a WAV file with a text: a cue point, and its label in the list of associated data.
type Cue struct {
	Frame int64 // from the first one of the file
	Text  string
}

// CloseWith is Close for a file that gets cue points behind its sound; see Cue. Cues beyond frame 2^32−1, which a cue
// chunk cannot name, are left out. On a pipe there are none.
func (w *Writer) CloseWith(cues []Cue) error {
	if w.closed || w.err != nil || w.disk == nil {
		return w.Close()
	}
	tail := appendCues(nil, cues)
	if len(tail) == 0 {
		return w.Close()
	}
	if err := w.Sync(); err != nil { // whoever finds the file after a kill sees where the sound ends
		return err
	}
	end := w.end()
	if end&1 == 1 {
		tail = append([]byte{0}, tail...)
	}
	// First what the header will promise: a kill in between leaves bytes behind the file that readers skip.
	err := w.disk.writeAt(tail, end, end)
	if err == nil {
		err = w.settle()
	}
	if err == nil {
		err = w.disk.writeAt(w.header(w.frames, int64(len(tail))), 0, end)
	}
	if err != nil {
		w.disk.truncate(end)
		return w.fail(err, 0)
	}
	w.closed = true
	return nil
}

// settle lets Options.Before bring to the disk what the header is about to promise.
func (w *Writer) settle() error {
	if w.before == nil {
		return nil
	}
	return w.before()
}

// appendCues appends the chunks for cue points, or nothing if there are none.
func appendCues(b []byte, cues []Cue) []byte {
	le := binary.LittleEndian
	var points, labels []byte
	n := uint32(0)
	for _, c := range cues {
		if c.Frame < 0 || c.Frame > wavMax32 {
			continue
		}
		n++
		points = le.AppendUint32(points, n)
		points = le.AppendUint32(points, n-1) // order of play
		points = append(points, "data\x00\x00\x00\x00\x00\x00\x00\x00"...)
		points = le.AppendUint32(points, uint32(c.Frame))
		labels = append(labels, "labl"...)
		labels = le.AppendUint32(labels, uint32(4+len(c.Text)+1))
		labels = le.AppendUint32(labels, n)
		labels = append(labels, c.Text...)
		labels = append(labels, make([]byte, 1+(len(c.Text)+1)&1)...) // its end, and the pad
	}
	if n == 0 {
		return b
	}
	b = append(b, "cue "...)
	b = le.AppendUint32(b, uint32(4+len(points)))
	b = le.AppendUint32(b, n)
	b = append(b, points...)
	b = append(b, "LIST"...)
	b = le.AppendUint32(b, uint32(4+len(labels)))
	b = append(b, "adtl"...)
	return append(b, labels...)
}

// Instead returns the encoding to write in place of one that WAV does not have: it holds the same values. WAV has the
// encoding itself if that is what Instead returns.
func Instead(e audio.Encoding) audio.Encoding { return wavInstead(e) }
