//go:build !race

package spectrum

// raced says whether the race detector is built in.
const raced = false
