// Package live shows viewers what happens now: meters twenty times a second, events as they come, and the sound itself.
//
//	tap.Hub ─▶ gauge ─┐
//	tap.Hub ─▶ gauge ─┴▶ view ─┬▶ Viewer ─▶ WebSocket
//	                           └▶ Viewer ─▶ event stream
//	tap.Hub ─▶ stream ─▶ WebSocket: what a browser plays
//
// Viewers who ask for the same share a view, which measures once and writes one text for all. A viewer that is late gets
// the latest text only; one that does not read for seconds is disconnected. Nothing is measured while nobody looks.
package live
