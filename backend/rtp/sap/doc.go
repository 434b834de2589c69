// Package sap announces streams, and hears of those that others announce: SAP (RFC 2974), as AES67 devices use it.
//
//	stream ── sdp.Write ── encode ──▶ Port ──▶ 239.255.255.255:9875, or 224.2.127.254 for streams of global scope
//	                                   │
//	Streams ◀── table: bounded, forgets ◀── limit: so many a second ◀── decode
//
// A Directory has two goroutines, one that receives and one that waits until something is to be sent or forgotten. Without streams to
// announce and without listening it has none. Datagrams of strangers cost little: at most maxRate a second are looked at, what is known already is
// compared and not read again, and the table has a size.
//
// An announcement is repeated every 30 s, as AES67 devices do, or less often where all of them would need more than 4000 bit/s
// (RFC 2974 part 3.1, whose own interval of 300 s is made for the whole internet). A stream is forgotten when it was not announced for
// ten of its intervals, at least 5 minutes and at most an hour.
//
// All methods may be called from any goroutine. They may allocate. Close and the end of an announcement send, and so may block
// briefly; the others do not block.
package sap
