// Package rtptest is a network for tests of RTP: one that loses, delays, reorders and repeats datagrams, the same ones
// each time, and senders whose clocks are off.
//
// A Link is such a network in virtual time: the test says when a datagram is sent, and asks what has come by a time. It
// has no goroutine, no socket and no clock. A Sender makes the datagrams, with a clock of its own. A Relay is a Link
// between real sockets, for programs that know nothing of tests. A Capture keeps datagrams in a file that tshark reads.
//
//	Sender ──▶ Link ──▶ whatever is tested                   (virtual time)
//	a program ──▶ Relay (Link, Capture) ──▶ another program  (CLOCK_MONOTONIC)
//
// The values of Link, Sender and Capture serve one goroutine; the methods of Relay may be called from any.
package rtptest
