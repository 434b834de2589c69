package config

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// Input is what a null device records: a tone, a file, or silence (the zero value).
type Input struct {
	Tone  float64 // Hz; 0: none
	Level float64 // dBFS
	File  string  // WAV file, played in a loop; "": none
}

const (
	inputWords  = `"silence", { tone = 1000, level = -20 } or { file = "x.wav" }`
	outputWords = `"discard" or { file = "x.wav" }`
	toneLevel   = -20 // dBFS, the default
)

// input binds a device's input; f is its format.
func (b *binder) input(path string, v any, to *Input, f audio.Format) string {
	table, ok := v.(map[string]any)
	if !ok {
		return setKeyword(v, "silence", inputWords)
	}
	given := func(key string) bool { _, ok := table[key]; return ok }
	tone, level, file := given("tone"), given("level"), given("file")
	in := Input{Tone: math.NaN(), Level: toneLevel} // NaN: not read
	known := len(table)
	b.table(path, v, []field{
		{"tone", setNumber(&in.Tone, fmt.Sprintf("a number of Hz, %d to less than half of the rate", null.MinToneHz))},
		{"level", setNumber(&in.Level, fmt.Sprintf("a number of dBFS, %d..0", null.MinToneLevel))},
		{"file", b.setFile(&in.File)},
	})
	switch {
	case tone && file:
		return "has a tone and a file, use one of them"
	case file && level:
		b.wrong(join(path, "level"), "a file has no level, use it with a tone")
	case level && !tone, known == 0:
		return "has no sound, use " + inputWords
	case !math.IsNaN(in.Tone):
		if _, err := null.Tone(f, in.Tone, 0); err != nil {
			b.wrong(join(path, "tone"), fmt.Sprintf("out of range, use %d to less than %v at %d Hz", null.MinToneHz,
				float64(f.Rate)/2, f.Rate))
		}
		if in.Level > 0 || in.Level < null.MinToneLevel {
			b.wrong(join(path, "level"), fmt.Sprintf("out of range, use %d..0", null.MinToneLevel))
		}
		*to = in
	case in.File != "":
		if b.probe != nil {
			if err := b.probe(in.File, f); err != nil {
				b.wrong(join(path, "file"), err.Error())
			}
		}
		*to = Input{File: in.File}
	}
	return ""
}

// probeInput says why an input file cannot be used, from its header.
func probeInput(name string, f audio.Format) error {
	file, err := files.Open("input", name)
	if err != nil {
		return err
	}
	defer file.Close()
	return null.CheckWAV(file, f)
}

// output binds a device's output.
func (b *binder) output(path string, v any, to *string, f audio.Format) string {
	table, ok := v.(map[string]any)
	if !ok {
		return setKeyword(v, "discard", outputWords)
	}
	known := len(table)
	file := ""
	b.table(path, v, []field{{"file", b.setFile(&file)}})
	if known == 0 {
		return "has no file, use " + outputWords
	}
	if file == "" {
		return "" // reported already
	}
	if _, err := wav.NewWriter(io.Discard, f); errors.Is(err, audio.ErrInvalid) {
		b.wrong(join(path, "file"), err.Error())
	}
	*to = file
	return ""
}

// setKeyword accepts the only word that an input or output may be in place of a table.
func setKeyword(v any, word, use string) string {
	switch s, ok := v.(string); {
	case !ok:
		return wrongType(v, use)
	case s != word:
		return "unknown, use " + use
	}
	return ""
}

// setNumber accepts an integer or a float; the caller checks its range.
func setNumber(to *float64, use string) func(any) string {
	return func(v any) string {
		switch n := v.(type) {
		case int64:
			*to = float64(n)
		case float64:
			if math.IsNaN(n) || math.IsInf(n, 0) {
				return "not a number, use " + use
			}
			*to = n
		default:
			return wrongType(v, use)
		}
		return ""
	}
}

// setFile accepts a path, relative to the folder of the configuration.
func (b *binder) setFile(to *string) func(any) string {
	const use = "the path of a WAV file"
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, use)
		}
		if s == "" || strings.ContainsRune(s, 0) || strings.HasSuffix(s, "/") {
			return "not a file, use " + use
		}
		if !filepath.IsAbs(s) {
			s = filepath.Join(filepath.Dir(b.file), s)
		}
		*to = filepath.Clean(s)
		return ""
	}
}

// outputsAlone reports every output that another device uses or that is an input.
func (b *binder) outputsAlone(devices []Device) {
	for i, d := range devices {
		if d.Output == "" {
			continue
		}
		for j, other := range devices {
			use := ""
			switch {
			case other.Input.File == d.Output:
				use = "input"
			case j < i && other.Output == d.Output:
				use = "output"
			default:
				continue
			}
			key := join(element("device", j), use)
			b.wrong(join(join(element("device", i), "output"), "file"),
				fmt.Sprintf("already %s (line %d), use another file", key, b.line(key)))
			break
		}
	}
}
