package main

import (
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
)

// channelMap is channel_map of a loop: "surround" (the zero value), "direct", or a matrix
// with a row for each channel of the reader and a column for each of the writer.
type channelMap struct {
	direct bool
	matrix audio.Matrix
}

const mapWords = `"surround", "direct" or a matrix such as [[0.5, 0.5]]`

// set takes the value of the file.
func (m *channelMap) set(v any) string {
	switch v := v.(type) {
	case string:
		if v != "surround" && v != "direct" {
			return "unknown, use " + mapWords
		}
		*m = channelMap{direct: v == "direct"}
		return ""
	case []any:
		matrix, reason := matrixOf(v)
		if reason == "" {
			*m = channelMap{matrix: matrix}
		}
		return reason
	}
	return wrongType(v, mapWords)
}

func matrixOf(rows []any) (audio.Matrix, string) {
	m := audio.Matrix{Out: len(rows)}
	for i, v := range rows {
		row, ok := v.([]any)
		if !ok {
			return m, wrongType(v, "a row of gains, such as [0.5, 0.5]")
		}
		if i == 0 {
			m.In = len(row)
		}
		if len(row) != m.In {
			return m, fmt.Sprintf("row %d has %d gains, use %d as in the first", i+1, len(row), m.In)
		}
		for _, v := range row {
			switch g := v.(type) {
			case int64:
				m.Gains = append(m.Gains, float32(g))
			case float64:
				m.Gains = append(m.Gains, float32(g))
			default:
				return m, wrongType(v, "a gain, such as 0.5")
			}
		}
	}
	if err := m.Validate(); err != nil {
		return m, err.Error()
	}
	return m, ""
}

// fits says why a matrix is of no use to a loop of so many channels, if it is not.
func (m channelMap) fits(channels int) string {
	if m.matrix.In == 0 || m.matrix.In == channels || m.matrix.Out == channels {
		return ""
	}
	return fmt.Sprintf("mixes %d channels to %d, use %d rows (the server records) or columns (it plays)", m.matrix.In, m.matrix.Out, channels)
}
