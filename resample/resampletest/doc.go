// Package resampletest measures resamplers, ours and others': how far a converted tone is from
// the best-fitting sine, and what a frame costs. Tests and the bench command use it.
package resampletest
