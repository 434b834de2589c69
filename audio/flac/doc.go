// Package flac writes FLAC files (RFC 9639) as they grow, for recorders: what is in the file can be played at any time,
// and Repair ends one whose program was killed.
//
// Each channel is predicted by the best of the fixed predictors, or by eight coefficients of its own, with the stereo mode
// that leaves the least and partitioned Rice codes. Files are about as large as those of FFmpeg at its usual level.
// Channels are coded one by one if there are more than two.
package flac
