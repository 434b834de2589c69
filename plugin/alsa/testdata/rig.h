/* What the test programs of the C API share: checks, a clock that the test cranks, ends
 * of a loop, and frames that say which ones they are. A program holds both ends and
 * lets time pass itself, so that nothing depends on how fast the machine is. */
#ifndef LOOPBRIDGE_RIG_H
#define LOOPBRIDGE_RIG_H

#include <alsa/asoundlib.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum { RATE = 48000, PERIOD = 480, BUFFER = 1920 };

struct rig_case {
	const char *name;
	void (*run)(void);
};

/* rig_main runs the case that the command line names. The exit status is 0 if all
 * checks held; else standard error says which did not. Where the program is told to
 * end by SIGTERM it says what it was doing. */
int rig_main(int argc, char **argv, const struct rig_case *cases);

/* Checks. Each ends the program if it does not hold. WANT compares numbers, and shows
 * negative ones as errors. */
#define RIG_TEXT_(x) #x
#define RIG_TEXT(x) RIG_TEXT_(x)
#define RIG_AT(what) (rig_at = __FILE__ ":" RIG_TEXT(__LINE__) ": " what)
#define WANT(expression, want) (RIG_AT(#expression), rig_want((long)(expression), (long)(want)))
#define WANT_BETWEEN(expression, least, most) \
	(RIG_AT(#expression), rig_want_between((long)(expression), (long)(least), (long)(most)))
#define WANT_ONE_OF(expression, one, other) (RIG_AT(#expression), rig_want_one_of((long)(expression), one, other))
#define OK(expression) (RIG_AT(#expression), rig_ok((long)(expression)))

extern const char *rig_at;
void rig_want(long got, long want);
void rig_want_between(long got, long least, long most);
void rig_ok(long got); /* not negative */
long rig_want_one_of(long got, long one, long other); /* got */
_Noreturn void rig_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The daemon, which the test holds. */
void rig_tick(long frames);			      /* of time, at RATE, in cycles of PERIOD */
void rig_run(bool on);				      /* time passes by itself, and waits for who is late */
void rig_until(const char *end, const char *state);   /* idle, armed, running, draining, ended or closed */
long rig_xruns(const char *end), rig_xrun_frames(const char *end);
long rig_period(const char *end), rig_buffer(const char *end); /* frames, of the ring */

/* An end of loop0. Where rate, format or channels, period or buffer are 0 they become
 * the defaults in end_setup: S16_LE, 2 channels, and the sizes above. */
struct end {
	const char *name; /* server or client */
	snd_pcm_stream_t stream;
	snd_pcm_t *pcm;
	snd_pcm_format_t format; /* S8 is 0, so not that one */
	unsigned int rate, channels;
	snd_pcm_uframes_t period, buffer;
	snd_pcm_access_t access; /* as SERVER and CLIENT have it: RW_INTERLEAVED */
	snd_pcm_uframes_t avail_min, start, stop; /* 0: the period; 1; the buffer */
	size_t frame_bytes;
	uint64_t next; /* the frame to write or to expect next */
};

#define SERVER(s) ((struct end){ .name = "server", .stream = SND_PCM_STREAM_##s, .access = SND_PCM_ACCESS_RW_INTERLEAVED })
#define CLIENT(s) ((struct end){ .name = "client", .stream = SND_PCM_STREAM_##s, .access = SND_PCM_ACCESS_RW_INTERLEAVED })

int end_open(struct end *e, int mode);
int end_hw_params(struct end *e);
int end_sw_params(struct end *e);
void end_setup(struct end *e); /* hw_params and sw_params */
void end_close(struct end *e);

/* end_pair opens both ends, sets them up and starts them. Whoever writes has a period in
 * its ring, and the clock of the line has begun. */
void end_pair(struct end *server, struct end *client);
void end_begin(struct end *server, struct end *client);
void end_close_pair(struct end *server, struct end *client);

void end_put(struct end *e, snd_pcm_uframes_t n);    /* writes n numbered frames, for which there is room */
void end_take(struct end *e, snd_pcm_uframes_t n);   /* reads n, which are there, and checks the numbers */
void end_silent(struct end *e, snd_pcm_uframes_t n); /* reads n, which have to be silence */
void end_pump(struct end *from, struct end *to, snd_pcm_uframes_t n);

/* end_drain drains, and sleeps for that. Time passes when the daemon knows of it, and no
 * longer than it takes. end_drain_on goes on to drain an end that does not block: 0, or
 * -EAGAIN when the daemon knows of it. Time may then pass. */
void end_drain(struct end *e);
int end_drain_on(struct end *e);

/* end_poll is what poll(2) and alsa-lib say of an end, in ms; 0 for nothing. */
int end_poll(struct end *e, int timeout);

/* The numbered frames as bytes, and a check of them. No byte is 0. */
void frames_fill(void *block, size_t frame_bytes, uint64_t first, snd_pcm_uframes_t n);
void frames_check(const void *block, size_t frame_bytes, uint64_t first, snd_pcm_uframes_t n);

#endif
