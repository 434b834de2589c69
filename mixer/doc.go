// Package mixer computes sound levels on blocks of interleaved float32: gain, balance and mute of
// audio(7I), sums, monitoring and meters.
//
//	source ─▶ Fader ─┐
//	source ─▶ Fader ─┼─▶ sum ─▶ + Monitor ─▶ Fader ─▶ Meter ─▶ saturation ─▶ output
//	source ─▶ Fader ─┘             ▲         gain, mute of
//	                  record ──────┘         the device
//
// # Contract
//
// Full scale is ±1. Blocks hold whole frames of 1 to audio.MaxChannels channels, fewer than 2²²
// frames. Samples must be finite; audio.Encoding.Decode ensures that. Integers and floats of sane
// size then never yield NaN. Floats near the largest (+770 dB) may sum to infinity, which Encode
// turns into 0 and counts.
//
// # Headroom
//
// Nothing saturates before the end: a sum may exceed full scale, and a later Fader takes it back
// without loss. 256 sources at full scale are +48 dB, as exact as any float32. Integers saturate
// in Encode, and floats stay beyond full scale; nothing wraps.
//
// # Calls
//
//	call                       allocates  blocks  from
//	Amplitude … Balance        no         no      any goroutine
//	Add                        no         no      any goroutine, on blocks of its own
//	NewFader, NewMonitor,      yes        no      any goroutine
//	NewMeter
//	NewBus, NewProbe           yes        no      any goroutine
//	Meter.SetProbe             no         no      any goroutine
//	Fader, Monitor, Bus        no         no      one goroutine: the engine's
//	Meter.Measure, Silence     no         no      one goroutine: the engine's
//	Meter.Read                 once       no      one other goroutine at a time
//	Probe.Read                 no         no      one other goroutine at a time
//
// Results are the same to the bit with and without vector instructions.
package mixer
