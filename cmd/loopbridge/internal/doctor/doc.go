// Package doctor looks for what keeps sound from working on a machine, and says what to do about it.
//
//	Machine: files below a root, a few probes ── Examine: table of checks ──▶ Report ──▶ Print, or Bundle
//
// A check reads files below the root of its Machine and asks its probes; it changes nothing, needs no
// rights, and says so where it may not read. Examine bounds how long it may take. So a test gives a
// Machine a root of its own and sees what each fault is called.
//
//	Examine   any goroutine; blocks, at most five times the limit of a check
//	Print     any goroutine; blocks as its writer does
//	Bundle    any goroutine; blocks as its writer and the files do
package doctor
