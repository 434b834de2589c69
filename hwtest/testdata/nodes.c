// Walks the edge cases of loops through device nodes, with real system calls: a line each.
#include "nodes.h"
#include "nodes_ends.h"
#include "nodes_open.h"
#include "nodes_streams.h"
#include "nodes_formats.h"
#include "nodes_others.h"

int main(void)
{
	static const struct { const char *name; result (*run)(void); } cases[] = {
		{"1 a client before its server gets EAGAIN", e01}, {"2 a server that wants both gets EACCES", e02},
		{"3 one of two servers wins", e03}, {"4 a second client gets EBUSY", e04},
		{"5 closed in any order, opened again", e05}, {"6 a wrong direction fails at its first call", e06},
		{"7 O_RDWR works one way", e07}, {"8 each server begins with the default format", e08},
		{"9 a server sleeps for its client, also O_NONBLOCK, until a signal", e09},
		{"10, 12 a client without I/O ends no pause", e10}, {"11 a client that is there", e11},
		{"13 poll does not sleep, and tells", e13}, {"14 a server killed in its pause", e14},
		{"15, 16, 20 all frames, a short count, then ECONNRESET", e16}, {"17 a client that is killed", e17},
		{"18, 19, 21 ECONNRESET until the halt", e18}, {"22 the other way", e22}, {"23 a server that never reads", e23},
		{"24 a server that is late", e24}, {"25 formats", e25}, {"26 a format while the client runs", e26},
		{"27, 28 a format before it starts; a second stays a second", e27}, {"29 six channels", e29},
		{"30, 30a large frames, then another rate", e30}, {"32 positions", e32}, {"33 close without a reader", e33},
		{"others: another pid namespace, a copy by mknod", elsewhere}, {"others: another user namespace", stranger},
		{"others: bad calls, pointers and sizes, mmap, dup, single bytes", others},
	};
	int failed = chdir("/tmp") != 0;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		failed |= apart(cases[i].name, cases[i].run);
	return failed;
}
