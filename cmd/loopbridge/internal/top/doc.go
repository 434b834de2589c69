// Package top is the screen of "loopbridge top": what a daemon does now, in a terminal, with keys to change it.
//
//	control API ─▶ messages ─▶ Model.Update ─▶ commands ─▶ control API
//	keys        ─▶               │
//	                             ▼
//	                           Draw ─▶ Canvas ─▶ terminal, or plain text
//
// Model and Draw are plain functions of what they are given: they read no clock, no socket and no terminal. Run does that
// for them, on the goroutine that calls it, with others that only bring messages and carry commands out. Nothing else in
// the package may be used by two goroutines at a time.
package top
