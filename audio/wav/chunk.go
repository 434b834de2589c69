package wav

import "slices"

const (
	wavChunkHead = 8   // id and size
	wavID3Bytes  = 128 // the ID3v1 tag at the end of a file, which is not a chunk
)

// wavKnownChunk reports whether programs write chunks with that id.
func wavKnownChunk(id string) bool {
	return slices.Contains([]string{
		"data", "fmt ", "fact", "ds64", "LIST", "JUNK", "junk", "PAD ", "FLLR", "bext", "iXML", "axml", "bxml", "sxml",
		"chna", "cue ", "plst", "smpl", "inst", "acid", "strc", "cart", "levl", "link", "umid", "PEAK", "id3 ", "ID3 ",
		"_PMX", "DISP", "afsp", "AFAn", "minf", "elm1", "regn", "resu", "ResU", "note", "labl", "wavl", "slnt", "Cr8r",
		"SAUR", "MARK", "SNDM",
	}, id)
}

// wavMagic reports whether a WAV file may begin with id.
func wavMagic(id string) bool {
	return slices.Contains([]string{"RIFF", "RIFX", "RF64", "BW64"}, id)
}

// wavPrintable reports whether b may be a chunk id.
func wavPrintable(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c > '~' })
}

func wavZero(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 })
}
