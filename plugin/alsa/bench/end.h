/* A PCM set up like aplay and arecord with --period-size and --buffer-size: 48 kHz, stereo, S16_LE,
 * blocking, one period per call. */
#ifndef LOOPBRIDGE_BENCH_END_H
#define LOOPBRIDGE_BENCH_END_H

#include <alsa/asoundlib.h>
#include <stdint.h>

enum { RATE = 48000, CHANNELS = 2 };

struct end {
	const char *name;
	snd_pcm_stream_t stream;
	snd_pcm_t *pcm;
	snd_pcm_uframes_t period, buffer; /* wanted, then granted */
	_Atomic uint64_t xruns;		  /* as ALSA reported them */
};

/* end_open opens the PCM, or ends the program with a message. */
void end_open(struct end *e);

/* end_move writes or reads n frames, and continues after an xrun. A negative errno ends the stream. */
snd_pcm_sframes_t end_move(struct end *e, void *block, snd_pcm_uframes_t n);

#endif
