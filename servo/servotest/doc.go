// Package servotest simulates two devices with clocks of their own and the ring between them, in
// virtual time, and measures what a controller makes of it: the servo of package servo, and the
// controllers of other programs, modelled from their published constants. Tests and the bench
// command use it.
//
// # What is simulated
//
//	crystal ──▶ position ──▶ packet or tick ──▶ wake-up ──▶ pair (frames, time) ──▶ controller
//	ppm, ramp,   exact        1 ms of USB,       jitter,                                │
//	wander                    4 ms of a timer    stalls                                 ▼
//	                                                        ring: written − read     ratio, pitch
//
// Each side wakes up when its visible position has passed another period, later by the jitter. The
// source then writes whole periods; the sink asks the controller for a ratio and reads what it needs
// for as many frames as it has advanced. The error is that of the true, unquantised positions.
// The same seed gives the same run.
package servotest
