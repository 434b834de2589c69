// Package wire is the protocol between a program and the daemon, for whoever
// implements it in any language. It opens no socket.
//
// # Connection
//
// A unix socket of type SOCK_SEQPACKET. One connection is one end of a loop:
// closing it closes the end, so the kernel cleans up after a program that was
// killed. Every message is a packet of [MessageBytes] bytes, little endian, without
// padding: a [Header], a body that depends on Op, zeros. Strings end with a zero
// byte. A packet of another size, an unknown op, a descriptor from a program, a
// request out of order, no first request for ten seconds after the connect, or
// replies left unread for five end the connection.
//
// Header.Version is [Version] in both directions. A daemon of another version
// answers the first message with errno EPROTO, its own Version and a sentence; the
// layout of Header and [Failure] never changes.
//
//	op         request      reply          when it is answered
//	Open       Open         Granted, fds   when the end is open (Wait may be long)
//	Start      —            none           the ring's starts word counts up
//	Halt       —            Done           at once
//	Drain      —            Done           when the engine has taken what was written
//	Setup      Setup        Granted, fds   at once; the ring before it is dead
//	Pause      Pause        Done           at once
//	Mark       Mark         Done           at once
//	Close      —            Done           when a writing client is drained
//	Info       Device       Device         at once; needs no Open before it
//	Set        Device       Device         when it is in effect; needs no Open before it
//	States     Device       Device …, Seen at once; needs no Open before it
//	Follow     Seen         Seen           when more has happened; needs no Open before it
//
// A reply has the request's Seq and Op, and an Errno: 0, or else the body is
// [Failure]. Requests may be sent before earlier ones are answered, up to
// [MaxPending]; those to which the answer is "at once" may overtake the others. The
// first request on a connection is any that needs no Open before it, or Open.
//
// Format.Positions are where the channels stand, one byte each, by ALSA's numbers
// (SND_CHMAP_FL is 3); all are 0 where a program does not say, or has more than MaxPositions
// channels. A server's are the loop's. Frames are rearranged on their way to an end that says
// others; Granted.Positions tells one that says none what it gets (package loop, "Positions").
// Version 2 has brought them.
//
// Mark is the zero-length write of audio(7I): an eof mark behind the frame before
// Position, which is written already. When it is reached, eof counts up.
//
// [Device] is a state of audio(7I): that of a device, or of an end of a loop, which is
// named LOOP (the client end), LOOP/server, or LOOP/PID (one client, whose Program is
// said, too). Where a device has the loop's name, too, the client end is LOOP/client.
// The numbers of its fields are those of state.Field, and never change. Set changes the
// fields that it names, all or none.
//
// States lists what belongs together, a message each: of a device itself, then of each
// loop attached to it, by name, the client end followed by its clients; of a loop the
// client end, the server end if a program can be it, and the clients. A process is one
// client, however often it has opened the loop. What else has a state is listed alone,
// and an end is left out whose name has more than 63 bytes. The last message says how
// many events there were before.
//
// Follow says how many events the program has seen, and is answered once there were
// more, be it at once. So nothing is missed between States and Follow, nor between two
// of them, and a program that does not ask is sent nothing. An event is whatever may
// have changed a state, or what States lists.
//
// Granted comes with descriptors (SCM_RIGHTS). First the ring's memory, a memfd that
// is sealed against shrinking and growing, to be mapped shared, readable and
// writable; in answer to Open also the bell, an epoll instance: it becomes readable
// when the daemon rings, and epoll_wait(bell, &event, 1, 0) makes it silent again.
// (Inside is an eventfd that only the daemon holds. Were it shared, a program could
// make it blocking and full, and the daemon would hang in its next write.)
//
// # Shared memory
//
// Granted.Bytes long: one page of header, then capacity frames. Words have 32 or 64
// bits, little endian; those of the two lines are accessed atomically, with
// sequential consistency.
//
//	offset  bits  word         written by
//	     0    32  magic        daemon, once: 0x42504f4c
//	     4    32  version      daemon, once: 1
//	     8    32  capacity     daemon, once: frames
//	    12    32  frame bytes  daemon, once
//	    16    32  rate         daemon, once: Hz
//	    20    32  channels     daemon, once
//	    24    32  encoding     daemon, once: number of audio.Encoding
//	    28    32  playback     daemon, once: 1 if the program writes
//	    64    32  state        daemon: 0 idle, 1 armed, 2 running, 3 ended
//	    68    32  errno        daemon: why it ended, or is idle again; read after state
//	    72    32  starts       daemon: how many Start were heeded
//	    76    32  xruns        daemon: bursts
//	    80    64  daemon       daemon: position, in frames since the beginning
//	    88    64  clock        daemon: CLOCK_MONOTONIC of the last cycle, ns
//	    96    64  xrun frames  daemon
//	   104    32  delay        daemon: frames that device and converter hold beyond it
//	   128    64  program      program: position; the daemon moves it forward too where the program reads
//	   136    64  wake         program: ring the bell when daemon reaches this; 0 never
//	  4096     –  frames       frame n is at n modulo capacity
//
// A program that writes: room is capacity − (program − daemon). Copy, then store
// program. While the state is ended, stop: errno says why. Frames between daemon and
// program may be written anew as long as they are there. While the state is idle and no
// Start is on its way, program may go back to daemon at most.
//
// A program that reads: daemon − program frames are there. Load program, copy, then
// compare-and-swap program to its new value; if that fails the daemon has dropped
// the oldest frames meanwhile and the copy is void. At ended, what is there can
// still be read.
//
// The order of writes. In a cycle the daemon stores first the frames, then daemon, then
// clock and delay, and rings the bell last: who sees a clock sees a position that is at
// least as new, and who is woken sees all of the cycle. xruns and xrun frames are stored
// somewhere in it, before the bell. At the end of a stream it stores the last frames and
// their position, then errno, then state, and rings; so who loads state first, and then
// daemon, has all the frames there will ever be. A program stores its frames before
// program, and wake before it looks once more.
//
// To sleep: store wake, look once more at state and positions, poll the bell
// (and the socket: its end is the daemon's). A server sleeps until running before
// its first frame. To begin, send Start once; in state idle nothing moves.
package wire
