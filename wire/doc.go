// Package wire is the protocol between a program and the daemon, for implementers in any
// language. It opens no socket.
//
// # Connection
//
// A unix socket of type SOCK_SEQPACKET. One connection is one end of a loop: closing it closes
// the end, so the kernel cleans up after a program that was killed. Every message is a packet of
// [MessageBytes] bytes, little endian, without padding: a [Header], a body that depends on Op,
// zeros. Strings end with a zero byte. The daemon hangs up after a packet of another size, an
// unknown op, a descriptor, a request out of order, ten seconds without a first request, or five
// seconds of unread replies.
//
// Header.Version is [Version] in both directions. A daemon of another version answers the first
// message with errno EPROTO, its own Version and a sentence; the layout of Header and [Failure]
// never changes.
//
//	op         request      reply          when it is answered
//	Open       Open         Granted, fds   when the end is open (Wait may be long)
//	Start      —            none           the ring's starts word counts up
//	Halt       —            Done           at once
//	Drain      —            Done           when the engine has taken what was written
//	Setup      Setup        Granted, fds   at once; the previous ring is dead
//	Pause      Pause        Done           at once
//	Mark       Mark         Done           at once
//	Close      —            Done           when a writing client is drained
//	Info       Device       Device         at once; needs no Open before it
//	Set        Device       Device         when it is in effect; needs no Open before it
//	States     Device       Device …, Seen at once; needs no Open before it
//	Follow     Seen         Seen           when more has happened; needs no Open before it
//
// A reply repeats the request's Seq and Op. Its Errno is 0, or else its body is [Failure]. A
// program may have up to [MaxPending] requests unanswered; answers given "at once" may overtake
// others. The first request on a connection is Open or one that needs no Open before it.
//
// Format.Positions are the positions of the channels, one byte each, by ALSA's numbers
// (SND_CHMAP_FL is 3). They are all 0 if unknown or if there are more than MaxPositions channels.
// A server's positions are the loop's. Frames are rearranged for an end with other positions;
// Granted.Positions tells an end without positions what it gets. Package loop has the rules.
//
// Mark is the zero-length write of audio(7I): an eof mark after the frame before Position, which
// must be written already. eof counts up when the mark is reached.
//
// [Device] is the audio(7I) state of a device or of an end of a loop. An end is named LOOP (the
// client end), LOOP/server, or LOOP/PID (one client, with its Program). If a device has the
// loop's name, the client end is LOOP/client. Fields are numbered as in state.Field; numbers never
// change. Set changes all the fields it names, or none.
//
// States lists related states, one message each. For a device: itself, then each loop attached to
// it, by name, the client end followed by its clients. For a loop: the client end, the server end
// if a program can hold it, and the clients. A process is one client, however often it has opened
// the loop. Any other state is listed alone. Ends with names longer than 63 bytes are left out.
// The last message says how many events happened before the list was made.
//
// Follow says how many events the program has seen; the daemon answers as soon as there were
// more. So a program misses nothing between States and Follow, nor between two of them, and gets
// nothing unasked. An event is anything that may have changed a state or what States lists.
//
// Granted carries descriptors (SCM_RIGHTS). The first is the ring's memory, a memfd sealed
// against shrinking and growing, to be mapped shared, readable and writable. The answer to Open
// also carries the bell, an epoll instance: it becomes readable when the daemon rings, and
// epoll_wait(bell, &event, 1, 0) silences it. (It watches an eventfd that only the daemon holds.
// Were that shared, a program could make it blocking and full and hang the daemon's next write.)
//
// # Shared memory
//
// Granted.Bytes long: a page of header, then capacity frames. Words have 32 or 64 bits, little
// endian; those from offset 64 on are accessed atomically, with sequential
// consistency.
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
//	    72    32  starts       daemon: number of Start requests obeyed
//	    76    32  xruns        daemon: bursts
//	    80    64  daemon       daemon: position, in frames since the beginning
//	    88    64  clock        daemon: CLOCK_MONOTONIC of the last cycle, ns
//	    96    64  xrun frames  daemon
//	   104    32  delay        daemon: frames that device and converter hold beyond it
//	   128    64  program      program: position; the daemon moves it forward too where the program reads
//	   136    64  wake         program: ring the bell when daemon reaches this; 0 never
//	  4096     –  frames       frame n is at n modulo capacity
//
// A program that writes has room for capacity − (program − daemon) frames. It copies, then stores
// program. If the state is ended, it stops: errno says why. It may rewrite frames between daemon
// and program. While the state is idle and no Start is pending, it may move program back, at most
// to daemon.
//
// A program that reads has daemon − program frames. It loads program, copies, then
// compare-and-swaps program to its new value; if that fails, the daemon has dropped the oldest
// frames and the copy is void. After ended, the remaining frames can still be read.
//
// The order of writes. In a cycle the daemon stores the frames, then daemon, then clock and delay,
// and rings the bell last. A program that sees a clock sees a position at least as new, and one
// that is woken sees the whole cycle. xruns and xrun frames are stored during the cycle, before
// the bell. At the end of a stream the daemon stores the last frames and their position, then
// errno, then state, and rings; a program that loads state first and then daemon has all frames
// there will ever be. A program stores its frames before program, and wake before it looks again.
//
// To sleep, store wake, check state and positions again, and poll the bell and the socket, whose
// end is the daemon's. A server sleeps until running before its first frame. To begin, send Start
// once; in state idle nothing moves.
package wire
