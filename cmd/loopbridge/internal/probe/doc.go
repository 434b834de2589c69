// Package probe measures the way of the sound from an end that plays to one that records: it plays the sequence
// of package measure into one, channel by channel, and finds it in the other.
//
//	Open ─▶ Run ─┬─ player    writes frames without end: the sequence, on one channel
//	             ├─ recorder  reads frames without end, and keeps a window of them
//	             └─ watcher   samples how far the engine has come with both, and when
//
// Frames are counted by the positions of both rings. The latency of a path is from the cycle in which the engine
// takes a frame from the one to the cycle in which it gives it to the other; how far ahead a program writes
// and how late it reads is no part of it. If both ends are of one engine, their positions after the same cycle
// belong together, to the frame. For two engines the times of their cycles relate the positions.
package probe
