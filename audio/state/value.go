package state

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// Text returns the value for people, in a form that a set accepts.
func (f Field) Text(i *Info) string { return f.text(f.Get(i)) }

// JSON returns the value as a number, true or false, or a string for names and a gain_db of -inf,
// in a form that a set accepts.
func (f Field) JSON(i *Info) json.RawMessage { return f.json(f.Get(i)) }

func (f Field) text(v uint32) string {
	switch f.Kind() {
	case KindDecibels:
		if v == 0 {
			return "-inf"
		}
		return strconv.FormatFloat(gainDB(v), 'f', 2, 64)
	case KindPorts, KindFeatures:
		return bits.Text(v, f.bitNames())
	case KindEncoding:
		if v == 0 {
			return "none"
		}
		return audio.Encoding(v).String()
	}
	return strconv.FormatUint(uint64(v), 10)
}

func (f Field) json(v uint32) json.RawMessage {
	text := f.text(v)
	switch f.Kind() {
	case KindFlag:
		text = strconv.FormatBool(v != 0)
	case KindPorts, KindFeatures, KindEncoding:
		text = `"` + text + `"`
	case KindDecibels:
		if v == 0 {
			text = `"-inf"`
		}
	}
	return json.RawMessage(text)
}

// parse parses the output of text; reason says what is wrong, or is "".
func (f Field) parse(text string) (v uint32, reason string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, "no value"
	}
	switch f.Kind() {
	case KindFlag:
		return parseFlag(text)
	case KindDecibels:
		return parseDecibels(text)
	case KindPorts, KindFeatures:
		if v, ok := bits.Parse(text, f.bitNames()); ok {
			return v, ""
		}
		return 0, "unknown name"
	case KindEncoding:
		if strings.EqualFold(text, "none") {
			return 0, ""
		}
		e, err := audio.ParseEncoding(text)
		if err != nil {
			return 0, "unknown encoding"
		}
		return uint32(e), ""
	}
	if v, reason = bits.Whole(text); reason == "" && !f.fits(v) {
		return 0, "out of range"
	}
	return v, reason
}

// fits reports whether v is in range. A format of 0 fits, as a missing side has it; the rules
// refuse it elsewhere. A buffer of 0 does not.
func (f Field) fits(v uint32) bool {
	r := f.row()
	switch r.kind {
	case KindDecibels:
		return v <= infoMaxGain
	case KindPorts, KindFeatures:
		return true
	case KindEncoding:
		return v == 0 || v <= uint32(len(audio.Encodings()))
	}
	return v <= r.max && (v >= r.min || v == 0 && r.access&OfFormat != 0)
}

// parseJSON parses a valid JSON value.
func (f Field) parseJSON(raw json.RawMessage) (v uint32, reason string) {
	var s string
	switch raw[0] {
	case '{', '[':
		return 0, "not a single value"
	case '"':
		if err := json.Unmarshal(raw, &s); err != nil {
			return 0, "not a string"
		}
		if f.Kind() == KindNumber || f.Kind() == KindDecibels && s != "-inf" {
			return 0, "not a number"
		}
		return f.parse(s)
	case 'n':
		return 0, "no value"
	case 't', 'f':
		if f.Kind() != KindFlag {
			return 0, "wrong type"
		}
	default:
		if f.Kind() == KindEncoding {
			return 0, "not a string"
		}
	}
	return f.parse(string(raw))
}

func parseFlag(text string) (uint32, string) {
	switch strings.ToLower(text) {
	case "1", "true", "on":
		return 1, ""
	case "0", "false", "off":
		return 0, ""
	}
	return 0, "neither on nor off"
}

// parseDecibels returns the nearest gain.
func parseDecibels(text string) (gain uint32, reason string) {
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsNaN(x) || err != nil && err.(*strconv.NumError).Err != strconv.ErrRange:
		return 0, "not a number"
	case x > 0:
		return 0, "out of range"
	}
	return uint32(math.Round(infoMaxGain * math.Pow(10, x/20))), ""
}

// gainDB returns the level in dB of a gain above 0.
func gainDB(gain uint32) float64 { return 20 * math.Log10(float64(gain)/infoMaxGain) }
