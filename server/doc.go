// Package server lets programs in: it listens on a unix socket, checks who is
// there, and turns the messages of package wire into calls of package loop.
//
// Each connection has one goroutine that reads; a request that may take long (an
// open that waits, a drain, a close) gets a goroutine of its own, at most
// wire.MaxPending of them. The engine meets a connection only through its bell: one
// non-blocking write to an eventfd that the program cannot reach. A program that does
// not read its replies, or asks for nothing, is cut off; one that sends nonsense is
// too, and nobody else notices.
//
// Operators have a socket of their own ([Control]): HTTP and JSON, with one stream of
// events, as openapi.yaml describes it. What they set is in effect in the next cycle, and
// the engine never waits for them.
package server
