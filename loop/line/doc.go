// Package line moves frames between the rings of programs and the buses of devices, one cycle of an
// engine after the other.
//
//	kind               from               to                 clocked by   file
//	pair               ring               ring               itself       pair.go
//	feed               ring               bus                the bus      feed.go
//	tap                bus                ring               the bus      tap.go
//	playing server     ring               a bus with taps    itself       group.go
//	recording server   a bus with feeds   ring               itself       group.go
//	lone player        ring               nothing            itself       lone.go
//	lone recorder      silence            ring               itself       lone.go
//	route              ring               ring               the sink     route.go
//	outlet             leads of lines     a bus with taps    itself       outlet.go
//
// A [Line] holds what all kinds share. The kind says how frames go; the cycle sees it through an
// interface with one method, and never asks which kind it is. All kinds are made of the same halves:
// [supply], a program that writes, and [delivery], a program that reads, with a [path] between them
// that converts and fades.
//
//	program ─▶ supply ─ path ─▶ delivery ─▶ program       pair
//	program ─▶ supply ─ path ─▶ Bus                       feed
//	                            Bus ─ path ─▶ delivery    tap
//
// What programs move between them can be tapped at an [Outlet] of their loop. A line has a lead there, which copies
// what passes its supply or its delivery, and costs a comparison with nil where nobody asked for it.
//
// Lines meet on a [Bus]: what a device plays or records, or what the clients of a shared loop do (a
// group). What lies beyond it is its place.
//
// # A cycle
//
// [Set.Begin] advances the lines that take what the device recorded, then those with a clock of their own
// that routes read, outlets, routes, and the others with a clock of their own; [Set.Play] those the device
// plays. A line calls down, never back:
//
//	Set ─▶ kind.advance ─▶ supply.advance ─▶ kind.move ─▶ supply, path, delivery, Bus ─▶ ring, mixer
//
// # Kinds to come
//
// None of them needs a special case here:
//
//   - A route, from any bus or ring to another across clocks, is a tap on one engine and a feed on
//     another, with a ring between them that belongs to the daemon. The path of the feed has a
//     converter whose ratio a servo sets between two cycles.
//   - A recorder or meter is a tap whose End belongs to the daemon, which reads the ring on a
//     goroutine of its own, like any program.
//
// A line is handed to another process as plain values ([State]): control reads them between two cycles, and gives them to a
// line that New… makes there.
//
// # Who runs where
//
// The engine's goroutine runs Set and the kinds. It allocates nothing, blocks on nothing, takes no
// lock and logs nothing. Control makes lines (New…) and reaches the engine by commands between two
// cycles. The engine reaches control by findings: flags on a line, which it pushes on a lock-free list
// for the reporter. What any goroutine may use is atomic, and says so.
package line
