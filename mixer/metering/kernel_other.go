//go:build !amd64

package metering

func levelsVector(peaks []float32, sums, squares, products []float64, src []float32, n int) int {
	return 0
}
func quartersVector(peaks, weights, work []float32, n, channels int) int { return 0 }
func halvesVector(peaks, weights, work []float32, n, channels int) int   { return 0 }
func weightVector(states []float64, w *weighting, src []float32, frames, channels int) bool {
	return false
}
