//go:build race

package backendtest

// raceDetector reports whether the race detector is on, which allocates.
const raceDetector = true
