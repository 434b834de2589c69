// Package history keeps what happened in the last 24 hours, in steps of ten seconds: how loud places were, and how devices did.
//
//	tap.Hub ─▶ ear: a meter ─┐
//	loop.Engine: counters  ──┴▶ Keeper, each Step ─▶ Series: columns of 16-bit numbers ─▶ Read
//
// A column takes 17 kB for the whole day, and grows to that. Steps are counted, so that nobody minds if the clock of the
// machine is set; a step in which the machine slept is not there.
package history
