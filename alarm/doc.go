// Package alarm watches places and subjects, and tells when something is wrong for too long: a silent input, a clipped
// output, a card that is gone, a clock that drifts.
//
//	sound of a place ─▶ ear ─┐                                  ┌▶ Tell: events, log
//	                         ├▶ condition ─▶ state of the alarm ┼▶ webhook, command: a courier for each
//	facts of a subject ──────┘   (table)                        └▶ Trigger: recorders
//
// A place is a side of something that sounds (DEVICE:play, LOOP/client:record, route/NAME); a subject is what has
// counters and a state (DEVICE, LOOP, LOOP/server, route/NAME, recorder/NAME). [Conditions] lists what can be watched.
//
// # States
//
//	        holds             for its time              acknowledged
//	ok ─────────────▶ pending ────────────▶ raised ──────────────────▶ acknowledged
//	▲ ▲                  │                   │  ▲                        │  ▲
//	│ └──── no more ─────┘           no more ▼  │ for its time   no more ▼  │ for its time
//	│                                      clearing ◀──────────────────────┘
//	└───────────── not for the clear time ─────┘
//
// A condition holds for its time if it holds without a break for Spec.For. An alarm that clears is ok again when the
// condition has not held for its time within Spec.Clear; a short return does not begin that time anew. Only raised,
// acknowledged and cleared are told: what is pending may be nothing.
//
// # Flapping
//
// An alarm that is raised [FlapRaises] times within [FlapTime] is flapping: it stays raised until its condition has not
// held for its time within FlapTime. So nobody is told more than that, whatever the condition does.
//
// # Time
//
// Conditions of sound count frames, all others count the monotonic time of [Options].Clock; the time of day is for people
// alone. A place that rests (no frame comes, as nobody plays or the engine stands still) is as silent as one that plays
// zeros; while it rests, monotonic time counts, turn of the hub by turn.
//
// # Goroutines
//
// Any goroutine but an engine's may call the methods of a Board. They lock an alarm for a moment, and never wait for a
// webhook or a command; only Test does, and Close for those that it interrupts. An ear is called on the
// goroutine of the hub. One goroutine looks at facts; it sleeps until something happens, or until the time of an alarm may be
// over. Each action has a goroutine while it has something to do.
package alarm
