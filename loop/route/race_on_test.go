//go:build race

package route_test

// raced says whether the race detector is built in.
const raced = true
