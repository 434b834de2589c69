// Package loop is the heart: pairs of virtual sound devices, and the engine that
// moves frames between their ends with the clock of a device.
//
//	Patchbay        all devices and loops by name; where programs open an end
//	├─ Loop         a pair of ends: who holds them, who waits
//	│  ├─ End       one end held by a program (through its Host: memory and a bell)
//	│  └─ session   ends that frames move between now: a line, as the engine sees it
//	└─ Engine       one for each device: its thread and its clock
//	   ├─ Device    package device: the state of audio(7I), and what it does to the sound
//	   └─ Set       package line: the lines, and the way of the frames in a cycle
//
// What happens is told by package event.
//
// # States
//
// Each end has its own state ([ring.State]); the two together make the session.
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
// on_client_close (D15) says where a server goes instead of ended: hold: back to
// armed; silence: it stays running, on a line with one end.
//
// A client is let in while the server is idle or armed (also running, under
// silence or with shared clients) and the client end is free; else it gets ErrNoServer or ErrBusy, or
// waits in a queue, first come first served (D1, D4, D14).
//
// # The clock of a line
//
// The device's tick carries a position in its own frames. A line that was anchored
// at position a has to have moved ⌊(position − a) × loop rate ÷ device rate⌋
// frames: integers, from the anchor, so nothing drifts and nothing is rounded
// away. In each cycle the missing frames move from the writer's ring to the
// reader's. What the writer lacks becomes silence and is an underrun; what the
// reader has no room for pushes out its oldest frames and is an overrun (D10).
//
// A line is primed before it is anchored: it waits until the writer has written a
// period (or has closed, or a period's time has passed twice), so that a program
// which writes its blocks just in time does not run dry at the second one. The
// reader's first frame is the writer's first frame (D9).
//
// When the engine itself comes late by more than two periods, no program is to
// blame. What the rings can carry then moves at once, and what they cannot is left
// out of the line's clock (counted as Skipped): nothing is dropped and no silence
// is inserted. A clock that freewheels is always "late" in this sense.
//
// A writer that has drained is expected to run dry (D21): its line stands still for
// half a second, so that a program which drains and then closes leaves not a frame
// of silence behind it; after that silence goes on, and is no underrun.
//
// # Formats
//
// Where the ends of a line have different formats, frames pass through a converter
// (package convert) on their way; due frames are counted in those of the reader. At the
// end of a stream, and at a drain, the converter gives what it holds: n frames become
// ⌈n × rate ÷ rate⌉ (D12).
//
// # Positions
//
// A format may say where its channels stand (audio.Positions). The server end says it for its
// loop, for an attached loop the configuration does; a client says it for itself.
//
//	loop says   client says   channels
//	no          no            pass straight
//	yes         no            pass straight: the client has the loop's order
//	no          yes           are rearranged between ALSA's order (audio.DefaultPositions) and the client's
//	yes         yes           are rearranged between both orders
//
// That is for ends with as many channels. Where they have not, channels are mixed by where
// they stand, and who says nothing has ALSA's order (audio.MatrixFor). Nothing is lost when
// channels are rearranged: what only one side has takes the places that are left. Equal
// orders are a plain copy, as ever, and a channel_map that is set is for channels by number.
// What an ALSA program says that says nothing is the plugin's business.
//
// # Attached loops
//
// A loop whose server end is a device has a line for each of its clients (D4). What they
// write is added up, what the device records goes to each of them, and in between is the
// state of audio(7I) (package device).
//
// The device asks for the frames of each cycle, so such a line counts no clock. A single
// writer in the device's format, with all controls at unity, is not touched.
//
// The ports of a side can be channels of the device's stream (PortMap). The side is then
// as wide as one port. What it plays goes to those in use and silence to the others; what
// it records is the sum of those in use.
//
// # Shared loops
//
// A loop of a program may have several clients too (D4). The line of its server then has a
// group: a bus, and a feed or a tap for each client, as those of a device. The server's line
// counts the clock, so theirs do not; only where every client has closed or
// drained are there fewer frames than fall due. The server's session begins with its
// first client and ends with its last, under the loop's on_client_close.
//
// # Who runs where
//
//	goroutine   how many       does
//	engine      1 per Engine   Wait, cycle; alone touches lines, Sources, Sinks
//	reporter    1 per Engine   what the engine noticed: ends sessions, sends events
//	rider       1 per Engine   moves volumes of the hardware when the engine says so
//	follower    1 per Engine   what others do: to the controls of the hardware, and cards that go
//	program     many           Attach, and the methods of End, under Loop.mu
//
// The cycle allocates nothing, blocks on nothing, takes no lock and logs nothing.
// Control reaches the engine as commands that it applies between two cycles
// (Engine.do waits for that); the engine reaches control through flags on a line
// that it pushes on a lock-free list for the reporter. Loop.mu is never taken by
// the engine; no lock is held while a Loop.mu of another loop is taken.
package loop
