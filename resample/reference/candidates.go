//go:build reference

package reference

// Candidates returns all resamplers. Their memory is never freed.
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
