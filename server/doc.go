// Package server accepts programs: it listens on a unix socket, checks the peers' credentials, and
// turns the messages of package wire into calls of package loop.
//
// Each connection has one goroutine that reads. A request that may take long (an open that waits, a
// drain, a close) gets a goroutine of its own, at most wire.MaxPending of them. The engine touches
// a connection only through its bell: one non-blocking write to an eventfd that the program cannot
// reach. A program that does not read its replies, asks for nothing or sends nonsense is
// disconnected, and no other program notices.
//
// Operators have a socket of their own ([Control]): HTTP and JSON, with a stream of events, as
// openapi.yaml describes it. What they set takes effect in the next cycle; the engine never waits
// for them. The same is answered over TCP ([Remote]) to whoever has the token.
package server
