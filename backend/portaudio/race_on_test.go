//go:build race

package portaudio_test

const raceDetector = true
