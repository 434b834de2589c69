/* Waiting like a call on a card's PCM, as far as signals are concerned. */
#ifndef LOOPBRIDGE_SIGNALS_H
#define LOOPBRIDGE_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

/* lb_poll is poll(2) with the signal rules of ioctl(2) on a card: a handler installed with SA_RESTART
 * does not end the wait, any other does. poll itself is never restarted, so lb_poll has to find out
 * which kind of handler ran.
 *
 * gives_up is called while signals are blocked, so that the effect of a handler just before the wait is
 * not missed; it may be NULL.
 *
 * It returns a positive number if descriptors are ready; 0 to look again, after ms, a handler with
 * SA_RESTART, or gives_up; -EINTR after another handler. */
int lb_poll(struct pollfd *fds, unsigned int n, int ms, bool (*gives_up)(void *arg), void *arg);

#endif
