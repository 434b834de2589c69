// Package cuse serves a character device of Linux from this process: CUSE, the part of FUSE for devices. It knows
// messages, and nothing of sound.
//
//	program ── open, read, write, ioctl, poll, close ──▶ kernel ── a request ──▶ /dev/cuse ──▶ Conn ──▶ Device, File
//	                                                         ◀── its answer, whenever it is there ──
//
// One open /dev/cuse is one node below /dev; it vanishes with the descriptor. The layouts are those of the kernel's
// include/uapi/linux/fuse.h, version 7; a packet is one request, or one answer.
//
// # Who runs where
//
// One goroutine of a Conn reads requests. It hands reads and writes to the File, which moves what it can and answers the rest
// later, from any goroutine: a [Transfer] that waits is no goroutine that sleeps. Opens, ioctls and releases are answered by a
// goroutine that has nothing else to do. So a call that sleeps holds up nothing else: the kernel takes answers in any order.
// Polls and interrupts are answered by the reader, because they never sleep.
//
// # Interrupts
//
// A signal makes the kernel send an interrupt for the request on which the program sleeps. Conn ends the wait of that transfer,
// or the context of that call, which then returns what it has, or EINTR. The kernel hands that to the program even where a handler asks for a
// restart: CUSE refuses the answer ERESTARTSYS. A program that is killed waits for its answer too, so a File must heed its
// context.
//
// # Handover
//
// Hold stops the reader, Shelve ends the calls that sleep without an answer, and HandOver describes what is left: plain data
// for another process, which has the same open /dev/cuse. Adopt and Run go on there; Resume goes on here.
//
// # Ioctl
//
// The device has unrestricted ioctls: the kernel copies no memory before it is told which. A File says by the number of a
// call how many bytes it takes and gives; Conn asks the kernel to try again with those. The address is never used here.
//
// # Limits of the kernel
//
//   - Nodes cannot be mapped: mmap fails with ENODEV.
//   - A write of no bytes ends in the kernel. FASYNC does, too: SIGIO and SIGPOLL do not come, poll does.
//   - Programs that hold a node open when its Conn ends get ECONNRESET for the calls that wait, and an error of the
//     kernel, ENOTCONN or ENODEV, for later ones. If the process is killed, calls that wait get ECONNABORTED.
package cuse
