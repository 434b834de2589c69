// Package device implements an audio(7I) device: its state, and what the state does to the sound
// between the loops and a backend.Stream.
//
//	Stream ─▶ record ports ─▶ record gain ─┬─▶ In: clients that record
//	                                       └─ monitor_gain ─▶ ┐
//	clients that play: Out ────────────────────────────────▶ sum ─▶ play gain, balance, mute ─▶ play ports ─▶ Stream
//
// # Who runs where
//
//	goroutine   calls
//	control     Info, Set, Restore, Levels, AddClients, AddWaiters; from any goroutine but the engine's
//	follower    Changed and AutoPort, when the hardware changes
//	rider       Ride: moves volumes of the hardware while sound passes
//	engine      everything in sound.go, once a cycle: allocates nothing, blocks on nothing
//
// A mutex that the engine never takes guards the state. Set blocks until the next cycle has taken it
// over; the engine waits for nothing, and reports through atomics.
//
// # Hardware
//
// A stream that is a backend.Controller does what it can of gains, mute, monitor and ports; software
// does the rest (hwLevels). An audible volume moves step by step, in time with software (ride).
package device
