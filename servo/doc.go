// Package servo bridges two clocks: it says how fast a resampler, or the pitch control of a card, has to
// run so that the sound between two devices is neither used up nor piles up.
//
//	source's engine                                     sink's engine
//	(frames, ns) ─▶ Clock ─▶ Estimate ─▶ Published ─┐   (frames, ns) ─▶ Clock ─▶ Estimate ─┐
//	                                                └────────────▶ Servo.Step ◀────────────┘
//	                                                    Mark ─────────▲  │
//	             which frame of the source the sink is at             │  ▼
//	                                            Ratio ─▶ resample, or a Stepper ─▶ pitch of one of the two
//
// A Clock measures one device against CLOCK_MONOTONIC, from the pair of position and time that each cycle
// has. Its Estimate is a straight line; Published hands it to other engines as data. The Servo, one for each
// route, divides the two rates, and corrects the distance between what is written and what is read. Both
// positions are taken from the lines at the same moment, so the periods of neither side show in it.
//
// # Clock
//
// The line has a phase and a slope. It is a delay-locked loop of the second order (F. Adriaensen, Using a DLL
// to filter time, Linux Audio Conference 2005): with e the lateness of a measurement against the line, and T
// the distance of measurements,
//
//	phase += b e     slope += c e ÷ T     b = √2 ω T     c = (ω T)²     ω = 2π × bandwidth
//
// but with gains that a Kalman filter of phase and slope computes from what is known about both. That is the
// best that can be done in both of its parts:
//
//	begin    no slope is known: b = 4/n, c = 6/n² after n measurements, which is the straight line of
//	         least squares; the bandwidth falls as 1/t. For white jitter of σ, N pairs and t s the rate is known
//	         to σ √(12 ÷ N) ÷ t (Cramér and Rao), and no filter can do better: 1.1 ppm for 0.2 ms and
//	         periods of 128 frames at 48 kHz after 10 s, 2.2 ppm for 480 frames
//	hold     the slope itself wanders, with a density q: Adriaensen's gains with ω⁴ = q ÷ r, where r is σ² T. The
//	         bandwidth follows the jitter: 0.015 Hz for a good clock, 0.008 Hz for a bad one
//
// q is (0.05 ppm)² in a second, which follows a temperature ramp of 1 ppm a minute. If innovations are each
// like the one before, the rate moves faster than that, and q rises; if they are large and unlike, the
// measurements are rough, and r rises.
//
// A measurement is not a pair, but what a Block of a second says (shorter ones at the beginning). Wake-ups
// are late, never early, and positions move in steps (1 ms of USB, 4 ms of a kernel timer) that have the same
// effect: a pair is late by some amount, of which little is known but that the least is 0. Then the lowest of
// n pairs is off by 1/n of the jitter instead of 1/√n. Where jitter is on both sides, the mean is right. Which
// of the two scatters less shows in the pairs (Noise.learn).
//
// Pairs that are too late are left out: a thread that was stopped for 50 ms changes nothing. If they go on for
// 0.3 s, the position has jumped: the line is moved, the rate is kept.
//
// # Servo
//
//	ratio = rate of the source ÷ rate of the sink, both relative to nominal, + gain × error
//
// The error is the latency beyond the wanted one, in s; the gain 0.03 per s, so that an error fades within 30 s,
// and more at the beginning. A locked ratio moves by at most 0.1 ppm in a second: it is not heard.
//
//	       both clocks are known to 100 ppm            both to 0.5 ppm, no error to correct
//	lost ────────────────────────────────▶ acquiring ────────────────────────────────────▶ locked
//	  ▲    Shift: sound is moved               │  ▲                                          │
//	  │                                        │  └─── the ratio is 4 ppm off ───────────────┤
//	  └──── a clock is silent for 1 s, or was reset; ±0.5 % exceeded; 1 ms off ◀─────────────┘
//
// The route is silent while its servo is lost, and fades in when it begins to acquire.
//
// # Pitch
//
// If the device of one side has a control of its clock, the ratio can move that instead of a resampler
// (Servo.Move), and all frames stay as they are. A source that is ahead has to be slower: it is moved to 1 ÷ ratio
// times its own rate. A sink is moved to ratio times its own. The control has steps, so a Stepper goes to and fro
// between two of them: the latency then is off by at most two steps × 1 s (20 µs for steps of 10 ppm, a frame at
// 48 kHz), and mostly by half a step × the time between two changes. Clock.Steer tells the clock of that device what
// was done. The servo that does it divides the rates that the clocks have by themselves; all others, on the same
// device, see the rate that is meant, and not the steps.
//
// # Who may call what
//
// Nothing blocks, locks, sleeps or reads a clock; nothing but New, NewClock, NewStepper and the Restore functions
// allocates.
//
//	Clock, its methods              the thread of the device's engine
//	Published.Store                 the same
//	Published.Load                  any
//	Servo                           the thread of the sink's engine
//	Stepper                         whoever drives the control
//	Estimate, and all states        anybody: values
//
// ClockState, ServoState and Stepper are all that there is to know, for a later program to go on from.
package servo
