//go:build !race

package audio

// raced says whether the race detector is built in.
const raced = false
