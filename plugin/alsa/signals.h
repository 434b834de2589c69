/* Waiting as a call on a card's PCM waits: what a signal does to it. */
#ifndef LOOPBRIDGE_SIGNALS_H
#define LOOPBRIDGE_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/* lb_poll is poll(2) under the rules of ioctl(2) on a card: a handler that was installed
 * with SA_RESTART does not end the wait of the program, any other does. poll itself is
 * never restarted, so it has to be found out which kind of handler ran.
 *
 * gives_up is asked while signals are held back, so that what a handler has to say is not
 * missed just before the wait; NULL: nobody is asked.
 *
 * Positive: descriptors are ready. 0: look again, after the time, a handler with
 * SA_RESTART, or gives_up. -EINTR: a handler without it. */
int lb_poll(struct pollfd *fds, unsigned int n, int ms, bool (*gives_up)(void *arg), void *arg);

#endif
