// Package resampletest measures resamplers: how far what they make of a tone is from the
// best sine, and what a frame costs. Tests and the bench command use it, for our own and
// for others.
package resampletest
