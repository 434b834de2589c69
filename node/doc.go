// Package node puts the ends of loops, and devices, below /dev: one more way to open them, for programs that know the calls
// of OSS or of SunOS audio(7I), and for cat.
//
//	/dev/loopbridge/LOOP             the client end of a loop, with the calls of OSS
//	/dev/loopbridge/LOOP.server      its server end
//	/dev/loopbridge/DEVICE.audio     a device, with the calls of audio(7I)
//	/dev/loopbridge/DEVICE.audioctl  its state alone
//	/dev/loopbridge/DEVICE.mixer     its volumes, with the calls of the mixer of OSS 3
//
//	kernel ◀─▶ cuse.Conn ─▶ dsp, dspFile ─────────▶ stream ─▶ pcm.PCM ─▶ loop.End
//	           one a node    sunDevice, sunFile ─▶ bytes      frames
//	                         sunControl, mixerNode ─▶ loop.Engine
//
// # Reads and writes
//
// The goroutine that reads a node's requests moves what can be moved at once. What has to wait is in the queue of its stream,
// the first to come first. The bell of the end, which the engine rings when there are the frames that the first one asked for,
// wakes the follower of the stream, which moves on and answers. So a block costs two wake-ups, one for its request and one for its
// frames, and no goroutine sleeps for a program. pcm.PCM is used as in any program, but for its bell: where it would sleep it is
// told to return (host.Sleep).
//
// # Other calls
//
// Each is on a goroutine of its own (package cuse), because some sleep, and goes on beside transfers that wait: what they
// ask is read from the ring, and a halt ends the wait. A format cannot be set while a transfer waits: EBUSY.
//
// # Poll
//
// A poll looks and returns. If nothing is ready, the follower tells the kernel later, which polls again.
//
// # Devices
//
// All nodes of a device share a sunDevice. It keeps who has which side, and who waits for one; what belongs to the device, gain
// to mute, is the engine's. The format, the buffer, and what counts and sticks belong to the end that a program holds. A SETINFO
// is checked as a whole by package state before any of it happens.
//
// # Bytes
//
// Programs read and write any number of bytes. What is left of a frame stays with the open file; what a format change, a
// halt or a close finds of it is dropped.
//
// # Close
//
// close(2) waits until what a client wrote is played, at most for its buffer and a second. A signal ends the wait; the rest
// is played all the same. So does the end of the process.
//
// # Handover
//
// /dev/cuse outlasts an exec, as a descriptor. The kernel keeps for it the requests that nobody has read and those that have no
// answer, and takes an answer from whoever has the descriptor. So a program in a call notices nothing, if the new process
// knows the call by its number, and how far it is:
//
//	Set.Freeze     readers stop; what comes waits in the kernel
//	               calls have 50 ms to end; then the contexts of all others end, and they are shelved: no answer
//	               streams are locked; what waits in their queues stays there
//	Patchbay.Freeze
//	HandOver       the nodes, open files, ends by ID, parts of frames; the calls: reads and writes with what they have moved,
//	               all others as the kernel sent them
//	── exec ──
//	Resume         Host, Add: files at the ends that the patchbay has resumed
//	Run            calls are made again in their order, polls look again, readers read
//
// Thaw undoes it in the same process: calls that were shelved are made again there. A call that can be shelved therefore
// has to be one that can be made twice: an open that waited has left its queue, a drain waits for less, a close goes on to
// wait (stream.close), and what gives back counters does not sleep.
//
// # Who runs where
//
//	goroutine   how many            does
//	reader      1 a node            takes requests, moves what needs no wait, answers polls
//	follower    1 an open end       moves what has waited, tells of polls
//	call        1 a call            what may sleep: opens, ioctls, closes
//	keeper      1                   makes and removes nodes as loops come and go
//
// Nothing here runs on the audio path but host.Ring, which the engine calls: it allocates nothing and blocks on nothing.
package node
