package config

import (
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
)

const mapWords = `"surround", "direct" or a matrix such as [[0.5, 0.5]]`

// setChannelMap accepts channel_map of a loop: "surround" (the default), "direct", or a matrix
// with a row for each channel of the reader and a column for each of the writer.
func setChannelMap(to *convert.Options) func(any) string {
	return func(v any) (reason string) {
		switch v := v.(type) {
		case string:
			if v != "surround" && v != "direct" {
				return "unknown, use " + mapWords
			}
			to.Direct = v == "direct"
			return ""
		case []any:
			to.Matrix, reason = matrixOf(v)
			return reason
		}
		return wrongType(v, mapWords)
	}
}

func matrixOf(rows []any) (audio.Matrix, string) {
	m := audio.Matrix{Out: len(rows)}
	for i, v := range rows {
		row, ok := v.([]any)
		if !ok {
			return audio.Matrix{}, wrongType(v, "a row of gains, such as [0.5, 0.5]")
		}
		if i == 0 {
			m.In = len(row)
		}
		if len(row) != m.In {
			return audio.Matrix{}, fmt.Sprintf("row %d has %d gains, use %d as in the first", i+1, len(row), m.In)
		}
		for _, v := range row {
			switch g := v.(type) {
			case int64:
				m.Gains = append(m.Gains, float32(g))
			case float64:
				m.Gains = append(m.Gains, float32(g))
			default:
				return audio.Matrix{}, wrongType(v, "a gain, such as 0.5")
			}
		}
	}
	if err := m.Validate(); err != nil {
		return audio.Matrix{}, err.Error()
	}
	return m, ""
}

// misfit says why a matrix does not fit a number of channels, "" if it does.
func misfit(m audio.Matrix, channels int) string {
	if m.In == 0 || m.In == channels || m.Out == channels {
		return ""
	}
	return fmt.Sprintf("mixes %d channels to %d, use %d rows (the server records) or columns (it plays)", m.In, m.Out,
		channels)
}
