package loop

// command is something to do between two cycles.
type command struct {
	next *command
	do   func()
	done chan struct{}
}

// do runs f on the engine's goroutine, between two cycles, and returns when it has run. From
// any goroutine but the engine's. After the engine has left, f runs here.
func (e *Engine) do(f func()) { e.post(f)() }

// post is do without the wait, which it returns: for who holds a lock that others want, and
// waits when he has let go of it. Commands run in the order in which they are posted.
func (e *Engine) post(f func()) (wait func()) {
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

// runCommands does what was asked for, in the order in which it was.
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
