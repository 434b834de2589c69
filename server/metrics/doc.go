// Package metrics shows what the daemon counts in the formats of Prometheus, for GET /metrics.
//
// All of it is read when somebody scrapes, from the counters that the engines keep anyway: nothing is kept in
// between, and the engines never wait. Names begin with loopbridge_ and the noun that the labels name:
//
//	daemon    -                            builds, reloads, handovers, events, operators
//	device    device, side                 a clock and what is behind it
//	loop      loop                         a pair of ends
//	end       loop, end                    what went through an end, under whichever programs; never falls
//	program   loop, end, program, number   who holds an end now; gauges, because programs come and go
//	route     route                        a patch cord
//	place     place                        what is measured all the time
//	alarm     alarm, action                what is watched
//
// Labels are bounded by what is configured, and, for programs, by how many hold an end at once (maxPrograms for each
// end). A program is named, not numbered by its pid; the second of the same name at an end has the number 2.
//
// Names and labels never change their meaning. Handler may be called from any goroutine.
package metrics
