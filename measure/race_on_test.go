//go:build race

package measure_test

// raced says whether the race detector is built in.
const raced = true
