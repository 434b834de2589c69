// Package pcm is one end of a loop as a program holds it: read or write frames, poll, halt, drain, close.
// It is the same type whether the daemon runs in this process (package loop) or in another one (package
// client): frames go through a [ring.Ring], and the few calls the ring cannot carry through a [Control].
//
// # An end's life
//
//		open ─▶ idle ──first I/O──▶ armed ──other end armed──▶ running ──▶ ended
//		         ▲                                                │          │
//		         └───────────────────── Halt ─────────────────────┴──────────┘
//
//	  - idle: nothing was read or written yet.
//	  - armed: a server sleeps until a client starts, even in non-blocking mode; a client that writes fills
//	    the ring, one that reads waits.
//	  - running: frames move with the loop's clock.
//	  - ended: the other end closed, halted or died. Remaining frames can be read; then every call fails
//	    with audio.ErrReset (ECONNRESET) until Halt or a new open.
//
// # Method × caller × cost
//
//	method                  caller                    blocks                  allocates
//	Read, Write             one goroutine at a time   unless non-blocking     on errors
//	Poll                    that goroutine            no                      no
//	Wait                    that goroutine            yes                     on errors
//	Halt, Drain             any                       for the daemon's answer yes
//	Setup, Pause            any                       for the daemon's answer yes
//	Close                   any                       a writing client drains yes
//	all others              any                       no                      no
//
// Halt and Close end a Read, Write or Wait of another goroutine, with audio.ErrInterrupted or
// audio.ErrClosed.
package pcm
