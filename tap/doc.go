// Package tap lets the daemon hear itself: meters, alarms, spectra and pages are given the sound of a place, frame by
// frame, for as long as they listen.
//
//	engine ─▶ mixer.Meter ─▶ mixer.Probe ─▶ Hub ─┬─▶ Ear
//	          at each place   never waits        ├─▶ Ear
//	                                             └─▶ Ear
//
// A place is a side of a device, of an end of a loop, or of a route, after its controls:
//
//	main, main:play     what the device main plays
//	main:record         what it records
//	loop0/client:play   what programs write to the client end of loop0
//	loop0/server        what the program at its server end reads or writes
//	route/mic           what the route mic plays
//
// One goroutine serves all ears, fifty times a second, and only while there are some. The engine does nothing for
// places that nobody listens to, and never waits: an ear that is late loses frames, and is told how many. Whoever needs
// each frame for certain, as a recorder does, opens a tap of package loop as any program can.
package tap
