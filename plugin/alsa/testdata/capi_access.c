/* The four ways to hand over frames: interleaved or one block a channel, by call or in
 * memory that is mapped. Whichever the ends use, the same bytes arrive. */
#include <stdlib.h>
#include <string.h>

#include "capi.h"

enum { CHANNELS = 3, SAMPLE = 2 /* bytes */ };

static bool is_mapped(const struct end *e)
{
	return e->access == SND_PCM_ACCESS_MMAP_INTERLEAVED || e->access == SND_PCM_ACCESS_MMAP_NONINTERLEAVED;
}

static char *at(const snd_pcm_channel_area_t *areas, unsigned int channel, snd_pcm_uframes_t frame)
{
	return (char *)areas[channel].addr + (areas[channel].first + frame * areas[channel].step) / 8;
}

/* spread copies between frames in a row and areas. */
static void spread(char *block, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t n, bool out)
{
	for (snd_pcm_uframes_t f = 0; f < n; f++) {
		for (unsigned int c = 0; c < CHANNELS; c++, block += SAMPLE) {
			if (out)
				memcpy(at(areas, c, offset + f), block, SAMPLE);
			else
				memcpy(block, at(areas, c, offset + f), SAMPLE);
		}
	}
}

/* by_mapping moves n frames in commits of odd sizes, each smaller than what was begun. */
static void by_mapping(struct end *e, char *block, snd_pcm_uframes_t n)
{
	bool out = e->stream == SND_PCM_STREAM_PLAYBACK;
	snd_pcm_uframes_t done = 0;

	WANT(snd_pcm_avail(e->pcm) >= (snd_pcm_sframes_t)n, 1);
	for (unsigned int part = 1; done < n; part = part * 3 % 251) {
		const snd_pcm_channel_area_t *areas;
		snd_pcm_uframes_t offset, frames = n - done, some;

		WANT(snd_pcm_mmap_begin(e->pcm, &areas, &offset, &frames), 0);
		WANT_BETWEEN(frames, 1, n - done);
		some = frames < part ? frames : part;
		spread(block + done * e->frame_bytes, areas, offset, some, out);
		WANT(snd_pcm_mmap_commit(e->pcm, offset, some), some);
		done += some;
	}
}

/* by_blocks moves n frames with one block a channel. */
static void by_blocks(struct end *e, char *block, snd_pcm_uframes_t n)
{
	char blocks[CHANNELS][BUFFER * SAMPLE];
	void *pointers[CHANNELS];
	snd_pcm_channel_area_t areas[CHANNELS];

	for (int c = 0; c < CHANNELS; c++) {
		pointers[c] = blocks[c];
		areas[c] = (snd_pcm_channel_area_t){ blocks[c], 0, 8 * SAMPLE };
	}
	if (e->stream == SND_PCM_STREAM_PLAYBACK) {
		spread(block, areas, 0, n, true);
		WANT(snd_pcm_writen(e->pcm, pointers, n), n);
	} else {
		WANT(snd_pcm_readn(e->pcm, pointers, n), n);
		spread(block, areas, 0, n, false);
	}
}

/* transfer moves n numbered frames, in the way of the end. */
static void transfer(struct end *e, snd_pcm_uframes_t n)
{
	char block[BUFFER * CHANNELS * SAMPLE];

	if (e->stream == SND_PCM_STREAM_PLAYBACK)
		frames_fill(block, e->frame_bytes, e->next, n);
	if (is_mapped(e))
		by_mapping(e, block, n);
	else if (e->access == SND_PCM_ACCESS_RW_NONINTERLEAVED)
		by_blocks(e, block, n);
	else if (e->stream == SND_PCM_STREAM_PLAYBACK)
		WANT(snd_pcm_writei(e->pcm, block, n), n);
	else
		WANT(snd_pcm_readi(e->pcm, block, n), n);
	if (e->stream == SND_PCM_STREAM_CAPTURE)
		frames_check(block, e->frame_bytes, e->next, n);
	e->next += n;
}

/* carry has two ends with an access each move frames of odd counts. */
static void carry(struct end *s, struct end *c)
{
	struct end *from = s->stream == SND_PCM_STREAM_PLAYBACK ? s : c, *to = from == s ? c : s;

	s->channels = c->channels = CHANNELS;
	OK(end_open(s, 0));
	end_setup(s);
	OK(end_open(c, 0));
	end_setup(c);
	OK(snd_pcm_start(s->pcm));
	rig_until("server", "armed");
	if (from == c)
		transfer(c, 2 * PERIOD);
	if (snd_pcm_state(c->pcm) == SND_PCM_STATE_PREPARED) /* a commit does not start */
		OK(snd_pcm_start(c->pcm));
	rig_until("server", "running");
	rig_until("client", "running");
	if (from == s) {
		transfer(s, 2 * PERIOD);
		rig_tick(PERIOD);
	}
	for (int i = 0; i < 40; i++) {
		if (from->next < to->next + 2 * PERIOD + 300)
			transfer(from, 457 + i % 9 * 10);
		rig_tick(PERIOD);
		transfer(to, PERIOD - i % 7);
		transfer(to, i % 7); /* also 0 */
	}
	WANT(rig_xruns("server") + rig_xruns("client"), 0);
	end_close_pair(s, c);
}

void every_access_carries_the_same(void)
{
	static const snd_pcm_access_t ways[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_RW_NONINTERLEAVED,
						 SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_MMAP_NONINTERLEAVED };

	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 4; j++) {
			struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

			s.access = ways[i];
			c.access = ways[j];
			carry(&s, &c);
			s = SERVER(PLAYBACK);
			c = CLIENT(CAPTURE);
			s.access = ways[i];
			c.access = ways[j];
			carry(&s, &c);
		}
	}
}
