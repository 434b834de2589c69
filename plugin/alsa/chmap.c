/* Most programs do not state positions, so their meaning has to be known:
 *
 *	asks, and follows the answer    mpv, VLC, GStreamer's alsasink
 *	ALSA's order, by convention     FFmpeg when it plays, MPD, PulseAudio, and all not listed
 *	the order of a WAV file         aplay, arecord, SoX, FFmpeg when it records: they pass on
 *					what they have
 *	none                            JACK's programs
 *
 * Both orders are the same for up to four channels; more than eight have none. What the program states
 * (snd_pcm_set_chmap, aplay -m) or the definition says takes precedence. */
#define _GNU_SOURCE
#include "chmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* One and two channels have the same order in both. */
enum { LEAST = 3, MOST = 8 };

void lb_chmap_init(struct lb_chmap *c, snd_pcm_stream_t stream)
{
	static const struct {
		const char *name;
		bool plays, records;
		enum lb_order order;
	} programs[] = {
		{ "aplay", true, true, LB_ORDER_WAV },	   { "arecord", true, true, LB_ORDER_WAV },
		{ "sox", true, true, LB_ORDER_WAV },	   { "play", true, true, LB_ORDER_WAV },
		{ "rec", true, true, LB_ORDER_WAV },	   { "ffmpeg", false, true, LB_ORDER_WAV },
		{ "jackd", true, true, LB_ORDER_LOOP },	   { "jackdbus", true, true, LB_ORDER_LOOP },
		{ "alsa_in", true, true, LB_ORDER_LOOP },  { "alsa_out", true, true, LB_ORDER_LOOP },
		{ "zita-a2j", true, true, LB_ORDER_LOOP }, { "zita-j2a", true, true, LB_ORDER_LOOP },
	};
	bool plays = stream == SND_PCM_STREAM_PLAYBACK;

	memset(c, 0, sizeof *c);
	for (unsigned int i = 0; i < sizeof programs / sizeof *programs; i++)
		if (!strcmp(program_invocation_short_name, programs[i].name) &&
		    (plays ? programs[i].plays : programs[i].records))
			c->order = programs[i].order;
}

/* usual stores the order of that many channels; zeros: none. */
static void usual(struct lb_stand *s, enum lb_order order, uint32_t channels)
{
	static const struct lb_stand alsa[] = {
		{ 1, { SND_CHMAP_MONO } },
		{ 3, { SND_CHMAP_FL, SND_CHMAP_FR, SND_CHMAP_FC } },
		{ 7,
		  { SND_CHMAP_FL, SND_CHMAP_FR, SND_CHMAP_RL, SND_CHMAP_RR, SND_CHMAP_FC, SND_CHMAP_LFE, SND_CHMAP_RC } },
		{ 8,
		  { SND_CHMAP_FL, SND_CHMAP_FR, SND_CHMAP_RL, SND_CHMAP_RR, SND_CHMAP_FC, SND_CHMAP_LFE, SND_CHMAP_SL,
		    SND_CHMAP_SR } },
	};
	static const struct lb_stand wav[] = {
		{ 5, { SND_CHMAP_FL, SND_CHMAP_FR, SND_CHMAP_FC, SND_CHMAP_RL, SND_CHMAP_RR } },
		{ 7,
		  { SND_CHMAP_FL, SND_CHMAP_FR, SND_CHMAP_FC, SND_CHMAP_LFE, SND_CHMAP_RC, SND_CHMAP_SL, SND_CHMAP_SR } },
		{ 8,
		  { SND_CHMAP_FL, SND_CHMAP_FR, SND_CHMAP_FC, SND_CHMAP_LFE, SND_CHMAP_RL, SND_CHMAP_RR, SND_CHMAP_SL,
		    SND_CHMAP_SR } },
	};
	const struct lb_stand *all = order == LB_ORDER_WAV && channels > 4 ? wav : alsa;

	memset(s, 0, sizeof *s);
	s->channels = channels;
	if (channels > MOST)
		return;
	while (all->channels != channels && all->channels != MOST)
		all++;
	memcpy(s->at, all->at, channels); /* all others are the first of eight */
}

static bool known(const struct lb_stand *s) { return s->channels && s->at[0]; }

int lb_chmap_parse(struct lb_chmap *c, const char *text)
{
	static const char *const words[] = { [LB_ORDER_ALSA] = "alsa", [LB_ORDER_WAV] = "wav", [LB_ORDER_LOOP] = "loop" };
	snd_pcm_chmap_t *map;
	struct lb_chmap list = { 0 };

	if (!text || !*text)
		return 0;
	for (unsigned int i = 0; i < sizeof words / sizeof *words; i++)
		if (lb_is(text, words[i])) {
			c->order = (enum lb_order)i;
			return 0;
		}
	map = snd_pcm_chmap_parse_string(text);
	if (!map)
		return -EINVAL;
	if (lb_chmap_say(&list, map))
		c->listed = list.said;
	free(map);
	return c->listed.channels ? 0 : -EINVAL;
}

/* positioned copies the positions of a map; false: invalid. */
static bool positioned(struct lb_stand *s, const snd_pcm_chmap_t *map)
{
	for (unsigned int i = 0; i < map->channels; i++) {
		if (i >= LB_MAX_POSITIONS || map->pos[i] < SND_CHMAP_MONO || map->pos[i] > SND_CHMAP_LAST ||
		    memchr(s->at, (int)map->pos[i], i))
			return false;
		s->at[i] = (uint8_t)map->pos[i];
	}
	return true;
}

bool lb_chmap_say(struct lb_chmap *c, const snd_pcm_chmap_t *map)
{
	struct lb_stand s = { .channels = map->channels };
	bool nowhere = true;

	for (unsigned int i = 0; i < map->channels; i++) /* how ALSA and GStreamer say "none" */
		nowhere = nowhere && (map->pos[i] <= SND_CHMAP_NA || (map->pos[i] == SND_CHMAP_MONO && map->channels > 1));
	if (!nowhere && !positioned(&s, map))
		return false;
	c->said = s;
	return true;
}

/* said returns what the program or the definition say about that many channels, NULL for nothing. */
static const struct lb_stand *said(const struct lb_chmap *c, uint32_t channels)
{
	if (c->said.channels == channels)
		return &c->said;
	return c->listed.channels == channels ? &c->listed : NULL;
}

void lb_chmap_tell(const struct lb_chmap *c, uint32_t channels, uint8_t at[LB_MAX_POSITIONS])
{
	const struct lb_stand *s = said(c, channels);
	struct lb_stand order;

	memset(at, 0, LB_MAX_POSITIONS);
	if (s) {
		usual(&order, LB_ORDER_ALSA, channels);
		if (channels >= LEAST || memcmp(s->at, order.at, sizeof order.at)) /* else there is nothing to tell */
			memcpy(at, s->at, LB_MAX_POSITIONS);
		return;
	}
	if (channels < LEAST || channels > MOST || c->order == LB_ORDER_LOOP)
		return;
	/* A loop whose order is unknown, such as a sound card's, gets the frames of a file unchanged. */
	if (c->order == LB_ORDER_WAV && c->loop.channels == channels && !known(&c->loop))
		return;
	usual(&order, c->order, channels);
	memcpy(at, order.at, LB_MAX_POSITIONS);
}

/* stand returns the positions assumed for that many channels; zeros: unknown. */
static struct lb_stand stand(const struct lb_chmap *c, uint32_t channels)
{
	const struct lb_stand *s = said(c, channels);
	struct lb_stand told = { .channels = channels };

	if (s)
		return *s;
	lb_chmap_tell(c, channels, told.at);
	if (known(&told))
		return told;
	if (c->loop.channels == channels && known(&c->loop))
		return c->loop;
	usual(&told, LB_ORDER_ALSA, channels);
	return told;
}

static void fill(snd_pcm_chmap_t *map, const struct lb_stand *s)
{
	map->channels = s->channels;
	for (unsigned int i = 0; i < s->channels; i++)
		map->pos[i] = i < LB_MAX_POSITIONS ? s->at[i] : SND_CHMAP_UNKNOWN;
}

snd_pcm_chmap_t *lb_chmap_get(const struct lb_chmap *c, uint32_t channels)
{
	struct lb_stand s = stand(c, channels);
	snd_pcm_chmap_t *map = known(&s) ? malloc(sizeof *map + channels * sizeof *map->pos) : NULL;

	if (map)
		fill(map, &s);
	return map;
}

/* offer appends a map to a list that has room. */
static bool offer(snd_pcm_chmap_query_t **maps, const struct lb_stand *s)
{
	unsigned int n = 0;

	while (maps[n])
		n++;
	maps[n] = malloc(sizeof **maps + s->channels * sizeof *maps[n]->map.pos);
	if (!maps[n])
		return false;
	maps[n]->type = SND_CHMAP_TYPE_VAR; /* in any order: it is rearranged */
	fill(&maps[n]->map, s);
	return true;
}

/* A client is offered the channels of its loop and fewer: more would be mixed down, which programs do
 * better. Stereo is always offered. */
snd_pcm_chmap_query_t **lb_chmap_query(const struct lb_chmap *c)
{
	uint32_t most = c->loop.channels && c->loop.channels < MOST ? c->loop.channels : MOST;
	snd_pcm_chmap_query_t **maps = calloc(MOST + 3, sizeof *maps);
	bool ok = maps;

	if (ok && known(&c->loop))
		ok = offer(maps, &c->loop);
	if (ok && known(&c->listed))
		ok = offer(maps, &c->listed);
	for (uint32_t n = 1; ok && n <= (most > 2 ? most : 2); n++) {
		struct lb_stand s = stand(c, n);
		ok = !known(&s) || offer(maps, &s);
	}
	if (!ok && maps) {
		snd_pcm_free_chmaps(maps);
		maps = NULL;
	}
	return maps;
}
