/* The end of the stream (D13): a reader gets all that was written, then ECONNRESET, which
 * repeats until it prepares. A writer gets it at its next write. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capi.h"

static char block[8 * BUFFER];

/* over reads or writes: the answer is ECONNRESET, however often, and poll says that
 * there is something to be had. */
static void over(struct end *e)
{
	for (int nonblock = 0; nonblock < 2; nonblock++) {
		OK(snd_pcm_nonblock(e->pcm, nonblock));
		for (int again = 0; again < 3; again++) {
			WANT(end_poll(e, -1) & (POLLIN | POLLOUT), e->stream == SND_PCM_STREAM_CAPTURE ? POLLIN : POLLOUT);
			if (e->stream == SND_PCM_STREAM_CAPTURE)
				WANT(snd_pcm_readi(e->pcm, block, PERIOD), -ECONNRESET);
			else
				WANT(snd_pcm_writei(e->pcm, block, PERIOD), -ECONNRESET);
		}
	}
	OK(snd_pcm_nonblock(e->pcm, 0));
}

/* The client has closed; the server begins again, and nothing of before is left. */
static void server_goes_on(struct end *s, struct end c)
{
	over(s);
	OK(snd_pcm_drop(s->pcm));
	s->format = SND_PCM_FORMAT_S32_LE;
	s->rate = 96000;
	s->channels = 1;
	s->next = 0;
	end_setup(s);
	c.format = s->format;
	c.rate = s->rate;
	c.channels = s->channels;
	c.period = s->period = 2 * PERIOD;
	c.buffer = s->buffer = 2 * BUFFER;
	end_setup(s);
	OK(end_open(&c, 0));
	end_setup(&c);
	OK(snd_pcm_start(s->pcm));
	rig_until("server", "armed");
	if (c.stream == SND_PCM_STREAM_PLAYBACK) {
		end_put(&c, 4 * PERIOD);
		rig_until("server", "running");
		for (int i = 0; i < 10; i++) {
			rig_tick(PERIOD); /* half as long: twice as many frames */
			end_take(s, 2 * PERIOD);
			end_put(&c, 2 * PERIOD);
		}
	} else {
		OK(snd_pcm_start(c.pcm));
		rig_until("server", "running");
		end_put(s, 4 * PERIOD);
		rig_tick(PERIOD);
		for (int i = 0; i < 10; i++) {
			rig_tick(PERIOD);
			end_take(&c, 2 * PERIOD);
			end_put(s, 2 * PERIOD);
		}
	}
	end_close_pair(s, &c);
}

void end_of_stream_for_a_server_that_reads(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	end_put(&c, 77);
	end_drain(&c);
	end_close(&c);
	WANT(end_poll(&s, -1), POLLIN);
	WANT(snd_pcm_readi(s.pcm, block, BUFFER), PERIOD + 77); /* a short count */
	frames_check(block, s.frame_bytes, s.next, PERIOD + 77);
	server_goes_on(&s, CLIENT(PLAYBACK));
}

void end_of_stream_for_a_server_that_writes(void)
{
	struct end s = SERVER(PLAYBACK), c = CLIENT(CAPTURE);

	end_pair(&s, &c);
	end_pump(&s, &c, 10 * PERIOD);
	end_close(&c);
	server_goes_on(&s, CLIENT(CAPTURE));
}

/* A client whose server has closed gets ENXIO where it asks for more than to read or
 * write (D17). */
static void client_is_lost(struct end *c)
{
	over(c);
	WANT(snd_pcm_prepare(c->pcm), -ENXIO);
	over(c);
	end_close(c);
}

void end_of_stream_for_a_client_that_reads(void)
{
	struct end s = SERVER(PLAYBACK), c = CLIENT(CAPTURE);

	end_pair(&s, &c);
	end_pump(&s, &c, 10 * PERIOD);
	end_put(&s, PERIOD);
	rig_tick(PERIOD);
	OK(snd_pcm_close(s.pcm)); /* which discards what is not yet on the way (D16) */
	rig_until("client", "ended");
	end_take(&c, PERIOD);
	client_is_lost(&c);
}

void end_of_stream_for_a_client_that_writes(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	end_pair(&s, &c);
	end_pump(&c, &s, 10 * PERIOD);
	OK(snd_pcm_close(s.pcm));
	rig_until("client", "ended");
	client_is_lost(&c);
}

/* A program of its own at the client end, which comes when there is a server. */
static pid_t start_client(struct end *c, void (*run)(struct end *c))
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
		OK(snd_pcm_open(&c->pcm, "loopbridge:LOOP=loop0,END=client,WAIT=1", c->stream, 0));
		end_setup(c);
		run(c);
		OK(snd_pcm_close(c->pcm));
		_exit(0);
	}
	OK(pid);
	return pid;
}

static void want_success(pid_t pid)
{
	int status;

	OK(waitpid(pid, &status, 0));
	WANT(status, 0);
}

static void write_all(struct end *c)
{
	end_put(c, 3 * PERIOD + 77); /* below the start threshold: drain starts it */
	OK(snd_pcm_drain(c->pcm));
}

static void read_some(struct end *c) { end_take(c, 3 * PERIOD + 77); }

/* The server sleeps in a call while its client comes and goes. */
void end_of_stream_wakes_who_sleeps(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	pid_t pid;
	long n;

	c.start = BUFFER;
	pid = start_client(&c, write_all);
	OK(end_open(&s, 0));
	end_setup(&s);
	rig_run(true);
	for (int again = 0; again < 3; again++) { /* and the same end serves the next client */
		WANT(snd_pcm_readi(s.pcm, block, BUFFER), 3 * PERIOD + 77);
		frames_check(block, s.frame_bytes, 0, 3 * PERIOD + 77);
		WANT(snd_pcm_readi(s.pcm, block, BUFFER), -ECONNRESET);
		want_success(pid);
		if (again < 2)
			pid = start_client(&c, write_all);
		OK(snd_pcm_prepare(s.pcm));
	}
	end_close(&s);

	s = SERVER(PLAYBACK);
	c = CLIENT(CAPTURE);
	s.stop = c.stop = LONG_MAX; /* time may run faster than they do */
	pid = start_client(&c, read_some);
	OK(end_open(&s, 0));
	end_setup(&s);
	frames_fill(block, s.frame_bytes, 0, BUFFER);
	n = snd_pcm_writei(s.pcm, block, BUFFER);
	OK(kill(pid, SIGSTOP)); /* and a host that lets it wait loses nothing */
	rig_tick(20 * PERIOD);
	OK(kill(pid, SIGCONT));
	while (n > 0)
		n = snd_pcm_writei(s.pcm, block, PERIOD);
	WANT(n, -ECONNRESET);
	want_success(pid);
	rig_run(false);
	end_close(&s);
}

static void drain_one(struct end *c)
{
	end_put(c, PERIOD);
	WANT(snd_pcm_drain(c->pcm), 0);
}

/* until_asleep waits until a process sleeps, which has nobody to ask. */
static void until_asleep(pid_t pid)
{
	char path[100], state = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	while (state != 'S') {
		FILE *stat = fopen(path, "re");

		WANT(stat && fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
		fclose(stat);
		usleep(1000);
	}
}

/* Who drains learns that all was taken (D16), also where the server has closed before he
 * gets to look. */
void end_of_stream_after_a_drain(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);
	pid_t pid;

	c.start = BUFFER;
	pid = start_client(&c, drain_one);
	OK(end_open(&s, 0));
	end_setup(&s);
	OK(snd_pcm_start(s.pcm));
	rig_until("client", "draining");
	rig_until("client", "running");
	until_asleep(pid);
	OK(kill(pid, SIGSTOP));
	OK(waitpid(pid, NULL, WUNTRACED));
	rig_tick(2 * PERIOD); /* the first is the line's to begin */
	end_take(&s, PERIOD);
	end_close(&s);
	rig_until("client", "ended");
	OK(kill(pid, SIGCONT));
	want_success(pid);
}

/* A server that does not block gets EAGAIN until there is a client, and never hangs. */
void nonblocking_server_without_client(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	OK(end_open(&s, SND_PCM_NONBLOCK));
	end_setup(&s);
	for (int again = 0; again < 3; again++) {
		WANT(snd_pcm_readi(s.pcm, block, PERIOD), -EAGAIN);
		WANT(end_poll(&s, 0), 0);
		rig_tick(PERIOD);
	}
	OK(end_open(&c, SND_PCM_NONBLOCK));
	end_setup(&c);
	end_put(&c, 2 * PERIOD); /* D9: the first frame is the first that the server reads */
	rig_until("server", "running");
	rig_tick(PERIOD);
	end_take(&s, PERIOD);
	WANT(snd_pcm_readi(s.pcm, block, PERIOD), -EAGAIN);
	end_close_pair(&s, &c);

	s = SERVER(PLAYBACK);
	c = CLIENT(CAPTURE);
	OK(end_open(&s, SND_PCM_NONBLOCK));
	end_setup(&s);
	end_put(&s, BUFFER);
	for (int again = 0; again < 3; again++) {
		WANT(snd_pcm_writei(s.pcm, block, PERIOD), -EAGAIN);
		WANT(end_poll(&s, 0), 0);
		rig_tick(PERIOD);
	}
	OK(end_open(&c, SND_PCM_NONBLOCK));
	end_setup(&c);
	WANT(snd_pcm_readi(c.pcm, block, PERIOD), -EAGAIN); /* starts it */
	rig_until("server", "running");
	rig_tick(PERIOD);
	rig_tick(PERIOD);
	WANT(end_poll(&s, -1), POLLOUT);
	end_put(&s, PERIOD);
	end_take(&c, PERIOD);
	end_close_pair(&s, &c);
}
