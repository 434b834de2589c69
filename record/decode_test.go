package record_test

import (
	"io"
	"os"

	"github.com/mewkiz/flac"
)

// decoded returns the frames of a FLAC file, as another program reads them.
func (w *world) decoded(name string) (sound []byte) {
	w.Helper()
	f, err := os.Open(name)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	s, err := flac.New(f)
	if err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	for {
		frame, err := s.ParseNext()
		if err == io.EOF {
			return sound
		}
		if err != nil {
			w.Fatalf("%s: %v", name, err)
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
