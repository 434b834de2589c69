//go:build !race

package servo_test

// raced says whether the race detector is built in.
const raced = false
