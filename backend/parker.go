package backend

// Parker is a Stream whose Wait parks its goroutine where others block their thread. An
// engine needs no thread of its own for it.
type Parker interface {
	// Parks may be called from any goroutine.
	Parks() bool
}
