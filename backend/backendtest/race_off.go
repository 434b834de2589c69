//go:build !race

package backendtest

// raceDetector is set where the race detector allocates on its own account.
const raceDetector = false
