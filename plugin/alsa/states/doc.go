// Package states compares the effect of calls in each state of an ALSA PCM with a table. The plugin must
// behave like snd-aloop, the kernel's own loop, except where the table gives a reason.
//
//	testdata/states*.c      prints a line for each cell, on any PCM
//	testdata/states_*.txt   the table, by direction
//	alsatest.TestStates     runs the program on the plugin
//	hwtest                  runs it in a machine, on hw:Loopback
//
// A row of the table has a state, a call, and the result of the call with the state after it: blocking
// without signals, with handlers that restart, with handlers that interrupt, and non-blocking. "="
// repeats the previous cell, "/" separates alternatives, "-" is a state that cannot be reached. If the
// kernel differs, a row with its cells follows and names the reason, which the top of the table explains:
//
//	lost: why
//
//	RUNNING drain | 0 SETUP | = | EINTR DRAINING | EAGAIN DRAINING
//	PAUSED  drain | 0 SETUP | = | = | =
//	 kernel lost  | 0 SETUP | = | EINTR DRAINING | EAGAIN DRAINING
//
// Only tests use it. Any goroutine may call it, and it blocks only to read files.
package states
