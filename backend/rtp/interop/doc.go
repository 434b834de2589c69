// Package interop has tests alone: other programs that speak RTP, each at the other end of a device of ours, both ways, as
// a user would start them. They run on the loopback interface, or in network namespaces of their own. A program that is
// not installed is skipped, with the reason.
//
//	FFmpeg, GStreamer, VLC, PipeWire ──▶ [[device]] backend = "rtp" ──▶ loopbridge record
//	loopbridge play ──▶ [[device]] backend = "rtp" ──▶ FFmpeg, GStreamer, VLC, PipeWire; tshark looks on
//
// What nobody converts has to come out bit for bit.
package interop
