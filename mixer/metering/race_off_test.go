//go:build !race

package metering_test

// raced says whether the race detector is built in.
const raced = false
