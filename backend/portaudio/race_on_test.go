//go:build portaudio && cgo && race

package portaudio_test

const raceDetector = true
