package loop

// command is a function to run between two cycles.
type command struct {
	next *command
	do   func()
	done chan struct{}
}

// do runs f on the engine's goroutine, between two cycles, and blocks until it has run. Any
// goroutine but the engine's may call it. After the engine has left, f runs on the caller's.
func (e *Engine) do(f func()) { e.post(f)() }

// post is do without the wait, which it returns, for callers that release a lock first. Commands
// run in the order in which they are posted.
func (e *Engine) post(f func()) (wait func()) {
	if e.stands { // nobody else uses it
		f()
		return func() {}
	}
	c := &command{do: f, done: make(chan struct{})}
	for {
		c.next = e.commands.Load()
		if e.commands.CompareAndSwap(c.next, c) {
			break
		}
	}
	e.stream.Wake()
	select {
	case e.wake <- struct{}{}:
	default:
	}
	return func() {
		select {
		case <-c.done:
		case <-e.stopped:
			e.runCommands()
		}
	}
}

// runCommands runs the posted commands in order.
func (e *Engine) runCommands() {
	var first *command
	for c := e.commands.Swap(nil); c != nil; {
		c.next, first, c = first, c, c.next
	}
	for c := first; c != nil; c = c.next {
		c.do()
		close(c.done)
	}
}

// Ping blocks until the engine's goroutine has come between two cycles, whether the device runs or rests. It
// wakes a resting engine. Any goroutine but the engine's may call it.
func (e *Engine) Ping() { e.do(func() {}) }
