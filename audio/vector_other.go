//go:build !amd64

package audio

// There are no vector instructions here, so no samples are handled.

func (e Encoding) decodeVector(dst []float32, src []byte, bad *int) int { return 0 }

func (e Encoding) encodeVector(dst []byte, src []float32, bad *int) int { return 0 }

func vectors() bool { return false }
