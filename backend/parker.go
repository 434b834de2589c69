package backend

// Parker is a Stream whose Wait parks its goroutine instead of blocking its thread, so that an
// engine needs no thread of its own for it.
type Parker interface {
	// Parks reports whether Wait parks. Any goroutine may call it.
	Parks() bool
}
