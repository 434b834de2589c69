package record_test

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/meta"

	"github.com/loopbridge/loopbridge/record"
)

// decoded returns the frames of a FLAC file, as another program reads them.
func (w *world) decoded(name string) []byte {
	w.Helper()
	sound, err := decodedUpTo(name)
	if err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	return sound
}

// decodedUpTo is decoded up to the first error.
func decodedUpTo(name string) (sound []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := flac.New(f)
	if err != nil {
		return nil, err
	}
	for {
		frame, err := s.ParseNext()
		if err == io.EOF {
			return sound, nil
		}
		if err != nil {
			return sound, err
		}
		for i := range frame.Subframes[0].Samples {
			for _, sub := range frame.Subframes {
				v := sub.Samples[i]
				for range s.Info.BitsPerSample / 8 {
					sound = append(sound, byte(v))
					v >>= 8
				}
			}
		}
	}
}

// marks returns the marks of a file, as another program finds them.
func (w *world) marks(name string) (all []record.Mark) {
	w.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		w.Fatal(err)
	}
	if filepath.Ext(name) == ".flac" {
		s, err := flac.ParseFile(name)
		if err != nil {
			w.Fatal(err)
		}
		defer s.Close()
		for _, b := range s.Blocks {
			c, is := b.Body.(*meta.VorbisComment)
			if !is {
				continue
			}
			for _, tag := range c.Tags {
				switch {
				case strings.HasSuffix(tag[0], "NAME"):
					all = append(all, record.Mark{Text: tag[1]})
				case strings.HasSuffix(tag[0], "FRAME"):
					all[len(all)-1].Frame, _ = strconv.ParseInt(tag[1], 10, 64)
				}
			}
		}
		return all
	}
	le := binary.LittleEndian
	for at := 12; at+8 <= len(text); {
		id, size := string(text[at:at+4]), int(le.Uint32(text[at+4:]))
		body := text[at+8 : at+8+size]
		switch id {
		case "cue ":
			for i := range int(le.Uint32(body)) {
				all = append(all, record.Mark{Frame: int64(le.Uint32(body[4+24*i+20:]))})
			}
		case "LIST":
			for i, p := 0, body[4:]; len(p) > 0; i++ {
				n := int(le.Uint32(p[4:]))
				all[i].Text = string(p[12 : 8+n-1])
				p = p[8+n+n&1:]
			}
		}
		at += 8 + size + size&1
	}
	return all
}
