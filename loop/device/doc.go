// Package device is what audio(7I) calls a device: its state, and what that does to the sound
// between the loops and a backend.Stream.
//
//	Stream ─▶ record ports ─▶ record gain ─┬─▶ In: those who record
//	                                       └─ monitor_gain ─▶ ┐
//	those who play: Out ───────────────────────────────────▶ sum ─▶ play gain, balance, mute ─▶ play ports ─▶ Stream
//
// # Who runs where
//
//	goroutine   calls
//	control     Info, Set, Restore, Levels, and what counts clients; from any but the engine's
//	follower    Changed, Plug: what others do to the hardware
//	rider       Ride: moves volumes of the hardware while they are heard
//	engine      all of sound.go, one cycle after the other: allocates nothing, blocks on nothing
//
// The state is under a mutex that the engine never takes. A person who sets something waits
// for the next cycle; the engine waits for nobody: what it does meanwhile is in atomics.
//
// # Hardware
//
// What a stream that is a backend.Controller can do of gains, mute, monitor and ports, it does;
// software does the rest (split). A volume that is heard moves step by step, in time with what
// software does (ride).
package device
