//go:build !amd64

package mixer

func addVector(dst, src []float32) int                                   { return 0 }
func scaleVector(dst, src []float32, s *shape) int                       { return 0 }
func scaleAddVector(dst, src []float32, s *shape) int                    { return 0 }
func slideVector(dst, src []float32, s *shape) int                       { return 0 }
func slideAddVector(dst, src []float32, s *shape) int                    { return 0 }
func measureVector(peak []float32, squares []float64, src []float32) int { return 0 }
