package alarm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Unit is what a threshold is measured in.
type Unit string

// The units. A level is in dBFS, where ±1 is 0; see mixer.Level.
const (
	Number Unit = ""
	DB     Unit = "dB"
	LUFS   Unit = "LUFS" // ITU-R BS.1770-4
	PPM    Unit = "ppm"
	Time   Unit = "ms"
)

// words are the spellings of a unit; differences of LUFS are LU.
func (u Unit) words() []string {
	switch u {
	case DB:
		return []string{"dBFS", "dB"}
	case LUFS:
		return []string{"LUFS", "LU", "dB"}
	case PPM:
		return []string{"ppm"}
	}
	return nil
}

// Example is a value as a configuration has it.
func (u Unit) Example() string {
	return map[Unit]string{Number: "3", DB: "-60dB", LUFS: "-23LUFS", PPM: "50ppm", Time: "50ms"}[u]
}

// Parse reads a number with its unit, such as "-60dB". A Time is any duration, and yields ms.
func (u Unit) Parse(text string) (v float64, ok bool) {
	text = strings.TrimSpace(text)
	if u == Time {
		d, err := time.ParseDuration(text)
		return float64(d) / float64(time.Millisecond), err == nil
	}
	found := u == Number
	for _, word := range u.words() {
		if cut, has := strings.CutSuffix(text, word); has {
			text, found = strings.TrimSpace(cut), true
			break
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, found && err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// Text returns a value for people.
func (u Unit) Text(v float64) string {
	if math.IsInf(v, -1) {
		return "silence"
	}
	text := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	if u == Number {
		text = strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	}
	return strings.TrimSpace(fmt.Sprint(text, " ", string(u)))
}
