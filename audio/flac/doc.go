// Package flac writes FLAC files (RFC 9639) as they grow, for recorders: what is in the file can be played at any time,
// and Repair ends one whose program was killed.
//
// The predictors are the fixed ones, with the stereo mode that leaves the least and partitioned Rice codes: within some
// percent of what a reference encoder makes at its usual level, for a twentieth of its work. Channels are coded one by one
// if there are more than two.
package flac
