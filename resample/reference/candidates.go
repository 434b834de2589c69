//go:build reference

package reference

// Candidates returns all of them. Close is left to the end of the process.
func Candidates() []Candidate {
	return []Candidate{
		{"libsamplerate fastest", openSamplerate(samplerateFastest)},
		{"libsamplerate medium", openSamplerate(samplerateMedium)},
		{"libsamplerate best", openSamplerate(samplerateBest)},
		{"soxr HQ variable", openSoxr(soxrHQ, true)},
		{"soxr HQ", openSoxr(soxrHQ, false)},
		{"soxr VHQ", openSoxr(soxrVHQ, false)},
		{"speexdsp 5", openSpeex(5)},
		{"speexdsp 10", openSpeex(10)},
	}
}
