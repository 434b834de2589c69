package state

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/internal/bits"
)

// Text is the value of the field for people. It can be given back in a set.
func (f Field) Text(i *Info) string { return f.text(f.Get(i)) }

// JSON is the value for programs: a number, true or false, or a string for names and
// for a gain_db of -inf. It can be given back in a set.
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

// parse reads what text wrote. reason says what is wrong, "" if nothing.
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

// fits reports whether v is in the range of its kind. 0 fits a format, which a side
// that is not there has; the rules refuse it elsewhere. A buffer of 0 does not (D24).
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

// parseJSON reads a JSON value that is in itself valid.
func (f Field) parseJSON(raw json.RawMessage) (v uint32, reason string) {
	var s string
	switch raw[0] {
	case '{', '[':
		return 0, "no single value"
	case '"':
		if err := json.Unmarshal(raw, &s); err != nil {
			return 0, "no string"
		}
		if f.Kind() == KindNumber || f.Kind() == KindDecibels && s != "-inf" {
			return 0, "no number"
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
			return 0, "no string"
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

// parseDecibels gives the gain that is nearest.
func parseDecibels(text string) (gain uint32, reason string) {
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsNaN(x) || err != nil && err.(*strconv.NumError).Err != strconv.ErrRange:
		return 0, "no number"
	case x > 0:
		return 0, "out of range"
	}
	return uint32(math.Round(infoMaxGain * math.Pow(10, x/20))), ""
}

// gainDB is the level of a gain above 0, in dB.
func gainDB(gain uint32) float64 { return 20 * math.Log10(float64(gain)/infoMaxGain) }
