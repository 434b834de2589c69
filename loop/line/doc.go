// Package line is the way of the frames: between the rings of programs and the buses of devices,
// one cycle of an engine after the other.
//
//	kind               from      to       clocked by          file
//	pair               ring      ring     itself              pair.go
//	feed               ring      bus      the bus             feed.go
//	tap                bus       ring     the bus             tap.go
//	playing server     ring      a bus with taps, itself      group.go
//	recording server   ring   ◀  a bus with feeds, itself     group.go
//	lone player        ring      nobody   itself              lone.go
//	lone recorder      nothing   ring     itself              lone.go
//
// A [Line] is what all of them have; the kind is how frames go, behind an interface of one
// method, which the cycle calls: nobody else asks which kind there is. The halves of a line are
// the same in all kinds: [supply], a program that writes, and [delivery], a program that reads,
// with a [path] between them, which converts and fades.
//
//	program ─▶ supply ─ path ─▶ delivery ─▶ program       pair
//	program ─▶ supply ─ path ─▶ Bus                       feed
//	                            Bus ─ path ─▶ delivery    tap
//
// A [Bus] is where lines meet: what a device plays or records, or what the clients of a shared
// loop do (a group). What is beyond it is its place.
//
// # A cycle
//
// [Set.Advance] advances all lines of an engine: first those that take what the device has
// recorded, then those with a clock of their own, at last those that the device plays. A line
// calls down, never back:
//
//	Set.Advance ─▶ kind.advance ─▶ supply.advance ─▶ kind.move ─▶ supply, path, delivery, Bus ─▶ ring, mixer
//
// # What is to come
//
// None of it needs another case here:
//
//   - A route, from any bus or ring to another across clocks, is a tap on one engine and a feed
//     on another, with a ring between them that no program holds: its End is the daemon's, and
//     the path of the feed has a converter whose ratio a servo moves between two cycles.
//   - A recorder, a meter or a listener is a tap whose End is the daemon's: it reads the ring on
//     its own goroutine, as any program does.
//   - A session that is handed over: all that a line has is plain values (clock, path, the
//     fields of supply and delivery, the atomics of its Ends), which can be read out between two
//     cycles, and given to the line that New… makes in another process.
//
// # Who runs where
//
// The engine's goroutine runs Set and the kinds. It allocates nothing, blocks on nothing, takes
// no lock and logs nothing. Control makes lines (New…), and reaches the engine by commands
// between two cycles; the engine reaches control by findings, flags on a line that it pushes on
// a list for the reporter, without a lock. What is for any goroutine is atomic, and says so.
package line
