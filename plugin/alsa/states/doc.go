// Package states compares what calls do in each state of an ALSA PCM with a table. The plugin
// has to fill the table in as snd-aloop does, the kernel's own loop, except where the table
// gives a reason.
//
//	testdata/states*.c      fills in a line for each cell, on any PCM
//	testdata/states_*.txt   the table, by direction
//	alsatest.TestStates     runs the program on the plugin
//	hwtest                  runs it in a machine, on hw:Loopback
//
// A row of the table has a state, a call, and what the call returned with the state that it
// left: blocking without signals, with handlers that restart, with handlers that interrupt, and
// not blocking. "=" is the same as the cell before, "/" stands between what may be either, "-" is
// a state that cannot be reached. Where the kernel differs, its cells follow in a row of their
// own, with the name of the reason, which is given at the top:
//
//	lost: why
//
//	RUNNING drain | 0 SETUP | = | EINTR DRAINING | EAGAIN DRAINING
//	PAUSED  drain | 0 SETUP | = | = | =
//	 kernel lost  | 0 SETUP | = | EINTR DRAINING | EAGAIN DRAINING
//
// Only tests use it; any goroutine may, and nothing blocks but for reading files.
package states
