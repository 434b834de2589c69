// Package chart draws lines over an axis as a PNG file, for what the command measures. A plotting library
// (gonum.org/v1/plot v0.17) would make the program larger by half, 7.5 MB, and what an idle daemon holds in
// memory by a third, 4 MB, as its fonts and formats are set up whenever the program starts; this is 0.4 MB.
package chart
