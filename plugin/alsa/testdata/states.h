/* A table of what calls do in each state of a PCM, which the plugin and the kernel's own
 * PCMs fill in alike. */
#ifndef LOOPBRIDGE_STATES_H
#define LOOPBRIDGE_STATES_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

/* Frames of what is tested: long, so that where time passes by itself no buffer runs dry
 * before the program has looked. */
enum { PART = 2400, WHOLE = 4 * PART };

/* A state that a cell begins in. BUSY is RUNNING and FULL is PREPARED with nothing that can be
 * moved at once: a full buffer to write to, an empty one to read from. */
enum start { OPEN, SETUP, PREPARED, FULL, RUNNING, BUSY, XRUN, DRAINING, PAUSED, STARTS };

extern const char *const start_names[STARTS];

/* The PCM under test, and the other end of its loop, which runs and never stops. */
struct subject {
	const char *device, *other_device;
	snd_pcm_stream_t stream;
	bool mapped; /* the program sees the buffer, instead of handing over its own */
	int mode; /* of the open: for some calls the kernel heeds no other */
	const char *role, *other_role; /* client or server, as the crank calls them; NULL: no crank */
	snd_pcm_t *pcm, *other;
	bool moves; /* in the state that was reached time brings or takes frames */
};

bool subject_plays(const struct subject *s);

/* subject_reach opens both and brings the PCM into a state; false: it cannot be reached. */
bool subject_reach(struct subject *s, enum start state);

/* subject_close closes what is open. */
void subject_close(struct subject *s);

/* pass lets some time pass, or sees that it passes by itself. */
void pass(const struct subject *s, snd_pcm_uframes_t frames);

/* state_of is what the PCM says that it is in. */
const char *state_of(const struct subject *s);

#endif
