/* Signals while a program waits. On a card a call goes on after a handler with SA_RESTART,
 * and is -EINTR after any other. alsa-lib itself waits for room and for frames, and goes
 * on after both, unless the handler calls snd_pcm_abort.
 *
 *	                  SA_RESTART   without      snd_pcm_abort
 *	drain             goes on      -EINTR       -EINTR
 *	drain, asked again             goes on
 *	write, full       goes on      goes on      -EINTR, or what was written
 *	read, empty       goes on      goes on      -EINTR, or what was read
 *	snd_pcm_wait      goes on      goes on      -EINTR
 *	open that waits   goes on      -EINTR
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "capi.h"

enum { SOME = 5 }; /* signals that a call has to outlive */

static _Atomic int seen, wanted;
static _Atomic int interruptions; /* of a call that is asked again */
static bool interrupting;	  /* it is to be interrupted before it gets help */
static snd_pcm_t *_Atomic aborted;

static void handle(int number)
{
	(void)number;
	seen++;
	if (aborted && seen >= wanted)
		snd_pcm_abort(aborted);
}

static void every_ms(int flags)
{
	struct sigaction a = { .sa_handler = handle, .sa_flags = flags };
	struct itimerval t = { { 0, 1000 }, { 0, 1000 } };

	OK(sigaction(SIGALRM, &a, NULL));
	OK(setitimer(ITIMER_REAL, &t, NULL));
}

static void no_more(void)
{
	struct itimerval t = { { 0, 0 }, { 0, 0 } };

	OK(setitimer(ITIMER_REAL, &t, NULL));
}

/* A row of the table: what is done for the call, once it has outlived some signals. */
struct helper {
	pthread_t thread;
	void (*help)(struct end *s, struct end *c);
	struct end *s, *c;
};

static void *helps(void *arg)
{
	struct helper *h = arg;

	while (seen < wanted)
		usleep(500);
	h->help(h->s, h->c);
	return NULL;
}

/* meanwhile has help called after SOME signals from now on, in a thread that gets none. */
static void meanwhile(struct helper *h, void (*help)(struct end *, struct end *), struct end *s, struct end *c)
{
	sigset_t alarm, was;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, &was);
	h->help = help;
	h->s = s;
	h->c = c;
	wanted = seen + SOME;
	WANT(pthread_create(&h->thread, NULL, helps, h), 0);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
}

static void done(struct helper *h) { WANT(pthread_join(h->thread, NULL), 0); }

static void a_period(struct end *s, struct end *c)
{
	(void)s, (void)c;
	rig_tick(PERIOD);
}

/* outlives has a call that has begun outlive some signals. */
static void outlives(void)
{
	int signals = seen + SOME;

	while (interrupting ? interruptions < 2 : seen < signals)
		usleep(500);
}

static void a_second(struct end *s, struct end *c)
{
	(void)s, (void)c;
	rig_until("client", "draining");
	rig_until("client", "running");
	outlives();
	rig_tick(4 * BUFFER);
}

static void a_written_period(struct end *s, struct end *c)
{
	(void)s;
	end_put(c, PERIOD);
	rig_tick(PERIOD);
}

static void a_server(struct end *s, struct end *c)
{
	(void)c;
	outlives();
	OK(end_open(s, 0));
	end_setup(s);
}

/* the_calls_of_alsa_lib go on, whatever the handler. */
static void the_calls_of_alsa_lib(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	struct helper h;

	end_pair(&s, &c);
	end_put(&c, BUFFER - PERIOD);
	meanwhile(&h, a_period, &s, &c);
	WANT(snd_pcm_wait(c.pcm, -1), 1);
	done(&h);
	end_put(&c, PERIOD);
	meanwhile(&h, a_period, &s, &c);
	end_put(&c, PERIOD);
	done(&h);
	end_take(&s, 2 * PERIOD);
	rig_tick(BUFFER);
	end_take(&s, BUFFER);
	meanwhile(&h, a_written_period, &s, &c);
	WANT(snd_pcm_wait(s.pcm, -1), 1);
	done(&h);
	end_take(&s, PERIOD);
	meanwhile(&h, a_written_period, &s, &c);
	end_take(&s, PERIOD);
	done(&h);
	WANT(rig_xruns("server") + rig_xruns("client"), 0);
	end_close_pair(&s, &c);
}

/* drains drains a full buffer, running or never started, and asks again while that is
 * interrupted. */
static void drains(bool started, bool interrupted)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	struct helper h;
	char block[8];
	int err;

	interrupting = interrupted;
	interruptions = 0;
	c.start = 2 * BUFFER;
	OK(end_open(&s, 0));
	end_setup(&s);
	OK(end_open(&c, 0));
	end_setup(&c);
	OK(snd_pcm_start(s.pcm));
	rig_until("server", "armed");
	end_put(&c, BUFFER);
	if (started)
		OK(snd_pcm_start(c.pcm));
	meanwhile(&h, a_second, &s, &c);
	while ((err = snd_pcm_drain(c.pcm)) == -EINTR && interrupted) {
		WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_DRAINING);
		interruptions++;
	}
	WANT(err, 0);
	done(&h);
	WANT(snd_pcm_state(c.pcm), SND_PCM_STATE_SETUP);
	end_close(&c);
	end_take(&s, BUFFER);
	WANT(snd_pcm_readi(s.pcm, block, 1), -ECONNRESET);
	end_close(&s);
}

static void opens(struct end *s, struct end *c, bool interrupted)
{
	struct helper h;
	int err;

	interrupting = interrupted;
	interruptions = 0;
	meanwhile(&h, a_server, s, c);
	while ((err = snd_pcm_open(&c->pcm, "loopbridge:LOOP=loop0,END=client,WAIT=1", SND_PCM_STREAM_PLAYBACK, 0)) == -EINTR && interrupted)
		interruptions++;
	OK(err);
	done(&h);
	end_close_pair(s, c);
}

void handlers_that_restart(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	every_ms(SA_RESTART);
	the_calls_of_alsa_lib();
	drains(false, false);
	drains(true, false);
	opens(&s, &c, false);
	no_more();
}

void handlers_that_interrupt(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	every_ms(0);
	the_calls_of_alsa_lib();
	drains(false, true);
	drains(true, true);
	opens(&s, &c, true);
	no_more();
}

/* Only the handler that ran counts, not those that might have. */
void handlers_of_both_kinds(void)
{
	struct sigaction a = { .sa_handler = handle };

	OK(sigaction(SIGUSR2, &a, NULL));
	every_ms(SA_RESTART);
	drains(false, false);
	drains(true, false);
	a.sa_flags = SA_RESTART;
	OK(sigaction(SIGUSR2, &a, NULL));
	every_ms(0);
	drains(false, true);
	drains(true, true);
	no_more();
}

/* aborts has a handler abort after some signals. */
static void aborts(snd_pcm_t *pcm)
{
	wanted = seen + SOME;
	aborted = pcm;
}

/* As when aplay is told to end: once is enough, however the handler was installed. */
void abort_ends_every_call(void)
{
	char *block = calloc(1, 4 * BUFFER);

	for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
		struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

		every_ms(flags);
		end_pair(&s, &c);
		end_put(&c, BUFFER - PERIOD);
		aborts(c.pcm);
		WANT(snd_pcm_wait(c.pcm, -1), -EINTR);
		aborts(c.pcm);
		WANT(snd_pcm_writei(c.pcm, block, PERIOD), -EINTR);
		aborts(s.pcm);
		WANT(snd_pcm_readi(s.pcm, block, PERIOD), -EINTR);
		aborts(c.pcm);
		while (seen < wanted)
			usleep(500);
		WANT(snd_pcm_drain(c.pcm), -EINTR); /* before, or while, it waits */
		aborted = NULL;
		OK(snd_pcm_nonblock(c.pcm, 0));
		aborts(c.pcm);
		WANT(snd_pcm_drain(c.pcm), -EINTR);
		aborted = NULL;
		no_more();
		end_close_pair(&s, &c); /* at once: nothing is waited for */
	}
	free(block);
}
