//go:build !race

package resample_test

// raced says whether the race detector is built in.
const raced = false
