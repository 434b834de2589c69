package config

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/record"
)

// Recorder is a [[recorder]]: what writes the sound of a place into files.
type Recorder struct {
	record.Spec
}

// Limits of a recorder.
const (
	maxSplit = 7 * 24 * time.Hour
	maxHold  = 24 * time.Hour
)

const (
	aPath = `the absolute path of files, such as "/var/rec/{name}-{time}.flac"`
	aKeep = `a time such as "30d" or "12h", or a size such as "20GB"`
)

func (b *binder) recorder(path string, v any) Recorder {
	r := Recorder{record.Spec{Hold: 10 * time.Second}}
	for _, key := range []struct{ name, use string }{{"name", aName}, {"of", aPlace}, {"path", aPath}} {
		b.require(path, v, key.name, key.use)
	}
	b.table(path, v, []field{
		{"name", setName(&r.Name)},
		{"of", setPlace(&r.Of)},
		{"path", setText(&r.Path, "", aPath, func(string) bool { return true })},
		{"format", setOneOf(&r.Format, record.WAV, record.FLAC)},
		{"split", setDuration(&r.Split, record.MinSplit, maxSplit, "1s..168h")},
		{"keep", setKeep(&r.Keep)},
		{"trigger", setName(&r.Trigger)},
		{"preroll", setDuration(&r.Preroll, 0, record.MaxPreroll, "0s..5m")},
		{"hold", setDuration(&r.Hold, 0, maxHold, "0s..24h")},
		{"gap", setOneOf(&r.Gap, record.Pause, record.Silence)},
	})
	if _, err := record.ParsePattern(r.Path, r.Name); err != nil && r.Path != "" {
		b.wrong(join(path, "path"), err.Error())
	}
	if r.Format == 0 && !b.given(join(path, "format")) && r.Path != "" {
		if r.Format = formatOf(r.Path); r.Format == 0 {
			b.missing(path, "format", oneOf([]string{record.WAV.String(), record.FLAC.String()}))
		}
	}
	if r.Preroll > 0 && r.Trigger == "" && b.given(join(path, "preroll")) {
		b.wrong(join(path, "preroll"), "is for a recorder that waits for a trigger, add one")
	}
	return r
}

// formatOf returns the format that the extension of a path names, or 0.
func formatOf(path string) record.Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".wav", ".bwf":
		return record.WAV
	case ".flac":
		return record.FLAC
	}
	return 0
}

// setKeep accepts an age or a size.
func setKeep(to *record.Keep) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, aKeep)
		}
		number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return "neither a time nor a size, use " + aKeep
		}
		unit := s[len(number):]
		days, isTime := map[string]float64{"h": 1. / 24, "d": 1, "w": 7}[unit]
		bytes, isSize := map[string]float64{"MB": 1e6, "GB": 1e9, "TB": 1e12, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}[unit]
		switch {
		case isTime && n > 0 && days*n <= 36500:
			*to = record.Keep{Age: time.Duration(n * days * float64(24*time.Hour))}
		case isSize && n > 0 && bytes*n < 1<<60:
			*to = record.Keep{Bytes: int64(n * bytes)}
		case isTime || isSize:
			return "out of range, use " + aKeep
		default:
			return "has no unit that is known, use " + aKeep
		}
		return ""
	}
}

// taps reports recorders of places that are not there or cannot be read, and paths that two of them share.
func (b *binder) taps(c *Config) {
	names := make([]string, len(c.Recorders))
	paths := map[string]int{}
	for i := range c.Recorders {
		r, path := &c.Recorders[i], element("recorder", i)
		names[i] = r.Name
		if b.partial {
			continue
		}
		if _, reason := c.place(r.Of, audio.Record); reason != "" {
			b.wrong(join(path, "of"), reason)
		}
		whole := strings.ReplaceAll(r.Path, "{name}", r.Name)
		if j, taken := paths[whole]; taken && r.Path != "" {
			b.wrong(join(path, "path"), "has the same files as "+element("recorder", j)+", add {name}")
		}
		paths[whole] = i
	}
	b.unique("recorder", names)
}

// keys are all of a recorder.
func (r *Recorder) keys() []key {
	return []key{
		fixed("of", r.Of), fixed("path", r.Path), fixed("format", r.Format), fixed("split", r.Split), live("keep", keepText(r.Keep)),
		fixed("trigger", r.Trigger), fixed("preroll", r.Preroll), fixed("hold", r.Hold), fixed("gap", r.Gap),
	}
}

func keepText(k record.Keep) string {
	switch {
	case k.Age > 0:
		return k.Age.String()
	case k.Bytes > 0:
		return strconv.FormatInt(k.Bytes, 10) + " bytes"
	}
	return ""
}

// Recorder returns the recorder of a name, or nil.
func (c *Config) Recorder(name string) *Recorder {
	for i := range c.Recorders {
		if c.Recorders[i].Name == name {
			return &c.Recorders[i]
		}
	}
	return nil
}

// recorders plans what happens to recorders. One stays while its place is replaced: it waits for it.
func (p *planner) recorders() {
	for _, r := range p.from.Recorders {
		if p.to.Recorder(r.Name) == nil {
			p.add(Step{Action: Remove, Table: OfRecorder, Name: r.Name})
		}
	}
	for i := range p.to.Recorders {
		now := &p.to.Recorders[i]
		was := p.from.Recorder(now.Name)
		if was == nil {
			p.add(Step{Action: Add, Table: OfRecorder, Name: now.Name})
			continue
		}
		all, allLive := differences(was.keys(), now.keys())
		s := Step{Table: OfRecorder, Name: now.Name, Keys: all, Action: Change}
		if !allLive {
			s.Action = Replace
		}
		if len(all) > 0 {
			p.add(s)
		}
	}
}
