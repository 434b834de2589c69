// Package loop connects virtual sound devices in pairs: the loops, their ends, and the engine that moves
// frames between the ends with the clock of a device.
//
//	Patchbay        all devices and loops by name; programs open ends here
//	├─ Loop         a pair of ends, their holders, and waiting clients
//	│  ├─ End       one end held by a program (through its Host: memory and a bell)
//	│  └─ session   ends that exchange frames now: a line, as the engine sees it
//	└─ Engine       one for each device: its thread and its clock
//	   ├─ Device    package device: the audio(7I) state, and what it does to the sound
//	   └─ Set       package line: the lines, which move the frames of a cycle
//
// Package event carries what happens to them.
//
// # States
//
// Each end has a state of its own ([ring.State]); the two together make the session.
//
//	          open                 first read, write or poll
//	(closed) ──────▶ idle ───────────────────────────────────▶ armed
//	                  ▲ ▲                                        │
//	  start_timeout ──┘ │ Halt                                   │ both ends armed:
//	                    │                                        ▼ a line is made
//	                  ended ◀───── the other end closed, ───── running
//	                    ▲          halted or died                │
//	                    └─── what was written is delivered ◀─────┘
//
// on_client_close sends a server elsewhere than to ended: with hold back to armed; with silence it stays
// running, on a line with one end.
//
// A client is admitted while the server is idle or armed (or running, with silence or shared clients) and
// the client end is free. Otherwise it gets ErrNoServer or ErrBusy, or waits in a queue, first come first
// served.
//
// # The clock of a line
//
// The device's tick carries a position in its own frames. A line anchored at position a has to have moved
// ⌊(position − a) × loop rate ÷ device rate⌋ frames: integers, from the anchor, so that nothing drifts and
// no rounding error adds up. In each cycle the missing frames move from the writer's ring to the reader's.
// What the writer lacks becomes silence, an underrun; what the reader has no room for pushes out its oldest
// frames, an overrun.
//
// A line is primed before it is anchored: it waits until the writer has written a period (or has closed,
// or twice the time of a period has passed), so that a program that writes its blocks just in time does not
// run dry at the second one. The reader's first frame is the writer's first frame.
//
// When the engine itself is more than two periods late, that is not an xrun of any program. What the rings
// can carry then moves at once, and the rest is left out of the line's clock (counted as Skipped): no frame
// is dropped and no silence inserted. A clock that freewheels is always "late" in this sense.
//
// A writer that has drained may run dry: its line stands still for half a second, so that a program that
// drains and then closes leaves not a frame of silence behind it. After that, silence follows, which is no
// underrun.
//
// # Formats
//
// If the ends of a line have different formats, frames pass a converter (package convert), and due frames
// are counted in the reader's. At the end of a stream, and at a drain, the converter gives what it holds:
// n frames become ⌈n × rate ÷ rate⌉.
//
// # Positions
//
// A format may give the positions of its channels (audio.Positions). The server end gives those of its
// loop, the configuration those of an attached loop; a client gives its own.
//
//	loop has   client has   channels
//	no         no           pass straight
//	yes        no           pass straight: the client has the loop's order
//	no         yes          are rearranged between ALSA's order (audio.DefaultPositions) and the client's
//	yes        yes          are rearranged between both orders
//
// That is for ends with the same number of channels. With different numbers, channels are mixed by
// position, and an end without positions has ALSA's order (audio.MatrixFor). Rearranging loses nothing:
// channels that only one side has take the places that are left. Equal orders are a plain copy, and a
// configured channel_map maps channels by number. The plugin decides for ALSA programs without positions.
//
// # Attached loops
//
// A loop whose server end is a device has a line for each of its clients. What they write is mixed, each
// gets all that the device records, and the audio(7I) state (package device) lies in between.
//
// The device asks for the frames of each cycle, so these lines count no clock. The frames of a single
// writer in the device's format, with all controls at unity, pass untouched.
//
// The ports of a side can be channels of the device's stream (PortMap). The side is then as wide as one
// port. It plays to the ports in use, with silence on the others, and records the sum of those in use.
//
// # Shared loops
//
// A loop of a program may have several clients too. The line of its server then has a group: a bus, with a
// feed or a tap for each client, like a device. The server's line counts the clock, the others do not; only
// if every client has closed or drained are there fewer frames than due. The server's session begins with
// its first client and ends with its last, under the loop's on_client_close.
//
// # Handover
//
// A patchbay is handed to another process between two cycles:
//
//	old process    Freeze ─▶ Frozen.State ─▶ State ─┐            or Frozen.Thaw, and nothing has happened
//	new process                                     └▶ ResumeEngine, AddDevice, Add ─▶ Resume ─▶ Run
//
// A State is plain values. What the programs share with the daemon, rings and bells, outlasts the process; their hosts
// know the descriptors. Clocks go on from their anchors, so the time in between is a late cycle, and no frame is lost.
//
// # Who runs where
//
//	goroutine   how many       does
//	engine      1 per Engine   Wait, cycle; alone touches lines, Sources, Sinks
//	reporter    1 per Engine   what the engine found: ends sessions, sends events
//	rider       1 per Engine   moves volumes of the hardware when the engine says so
//	follower    1 per Engine   reacts to changes of hardware controls, and to cards that go
//	program     many           Attach, and the methods of End, under Loop.mu
//
// The cycle allocates nothing, blocks on nothing, takes no lock and logs nothing. Control reaches the
// engine by commands between two cycles (Engine.do waits for them); the engine reaches control by flags on
// a line, which it pushes on a lock-free list for the reporter. The engine never takes a Loop.mu, and no
// goroutine holds a lock while it takes the Loop.mu of another loop. A function named …Locked needs the
// Loop.mu of its loop.
package loop
