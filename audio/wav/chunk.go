package wav

import "slices"

const (
	wavChunkHead = 8   // id and size
	wavID3Bytes  = 128 // of the tag of ID3v1, which stands at the end of a file, and is no chunk
)

// wavKnownChunk reports whether programs write chunks of that name into WAV files.
func wavKnownChunk(id string) bool {
	return slices.Contains([]string{
		"data", "fmt ", "fact", "ds64", "LIST", "JUNK", "junk", "PAD ", "FLLR", "bext", "iXML", "axml", "bxml", "sxml", "chna",
		"cue ", "plst", "smpl", "inst", "acid", "strc", "cart", "levl", "link", "umid", "PEAK", "id3 ", "ID3 ", "_PMX", "DISP",
		"afsp", "AFAn", "minf", "elm1", "regn", "resu", "ResU", "note", "labl", "wavl", "slnt", "Cr8r", "SAUR", "MARK", "SNDM",
	}, id)
}

// wavMagic reports whether a WAV file begins so.
func wavMagic(id string) bool {
	return slices.Contains([]string{"RIFF", "RIFX", "RF64", "BW64"}, id)
}

// wavPrintable reports whether b may be the id of a chunk.
func wavPrintable(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c > '~' })
}

func wavZero(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 })
}
