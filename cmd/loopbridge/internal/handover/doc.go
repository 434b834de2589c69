// Package handover lets a program take the place of the one that runs: in the same process, with the descriptors and
// the state of the old one.
//
//	old                                            new
//	Write: state ─▶ memory file
//	Rehearse ─────────────────────────▶ child: Inherit, ready? ─▶ exit 0
//	(everything stands still)
//	Write, Exec ═══════ same pid ═════▶ Inherit ─▶ it runs
//	     ▲                                 │
//	     └═══════════ GiveBack ════════════┘ if it cannot go on
//
// # Format
//
// The state is a file in memory: a head of [headBytes] bytes, then values as encoding/gob writes them. Gob leaves out
// what a reader does not know and what a writer did not have, so a field may be added; whatever changes the meaning
// of one needs another [Version]. The seals of the file keep it as it was written.
//
//	bytes   head
//	8       "loopbrdg"
//	4       Version, little endian
//	4       CRC-32C of the values
//	8       bytes of values
//	8       offset at which the values begin
//
// Descriptors are numbers in the values. They keep their numbers, and are open in the new program; in a rehearsal they
// are not there.
package handover

// Version is that of the state. A program reads this version and no other.
const Version = 1
