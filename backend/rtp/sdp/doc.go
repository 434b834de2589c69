// Package sdp reads and writes descriptions of streams: SDP (RFC 8866), as AES67-2018, SMPTE ST 2110-30 and the programs
// write it that send such streams.
//
//	text ── lines: what stands where ──▶ pion/sdp: syntax ──▶ media, clock, order: meaning ──▶ Description
//
// What a line says is taken from the media section, and else from the session. Unknown lines and attributes are passed over,
// as RFC 8866 part 5 demands; a known one that is wrong is an error, which names the line. Times (t=, r=, z=), sync-time and
// bandwidth are passed over, too: whether a stream is there, its packets say.
//
// All functions may be called from any goroutine. They do not block, and allocate.
package sdp
