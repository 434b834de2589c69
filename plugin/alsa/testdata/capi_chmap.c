/* Where channels stand: what an end offers, what it has, and what it is told. */
#include <stdlib.h>
#include <string.h>

#include "capi.h"

/* maps_are holds what an end offers against a list, such as "MONO,FL FR". */
static void maps_are(struct end *e, const char *want)
{
	snd_pcm_chmap_query_t **maps = snd_pcm_query_chmaps(e->pcm);
	char got[1000] = "", one[200];

	if (!maps)
		rig_fail("no maps are offered, want %s", want);
	for (int i = 0; maps[i]; i++) {
		if (maps[i]->type != SND_CHMAP_TYPE_VAR)
			rig_fail("map %d has type %d", i, maps[i]->type);
		OK(snd_pcm_chmap_print(&maps[i]->map, sizeof one, one));
		if (*got)
			strcat(got, ",");
		strcat(got, one);
	}
	snd_pcm_free_chmaps(maps);
	if (strcmp(got, want))
		rig_fail("offered are %s, want %s", got, want);
}

/* map_is holds what an end has against one map; NULL: none. */
static void map_is(struct end *e, const char *want)
{
	snd_pcm_chmap_t *map = snd_pcm_get_chmap(e->pcm);
	char got[400] = "nothing";

	if (map)
		OK(snd_pcm_chmap_print(map, sizeof got, got));
	free(map);
	if (strcmp(got, want ? want : "nothing"))
		rig_fail("the map is %s, want %s", got, want ? want : "nothing");
}

static int set(struct end *e, const char *names)
{
	snd_pcm_chmap_t *map = snd_pcm_chmap_parse_string(names);
	int err;

	if (!map)
		rig_fail("alsa-lib cannot read %s", names);
	err = snd_pcm_set_chmap(e->pcm, map);
	free(map);
	return err;
}

#define EIGHT \
	"MONO,FL FR,FL FR FC,FL FR RL RR,FL FR RL RR FC,FL FR RL RR FC LFE,FL FR RL RR FC LFE RC,FL FR RL RR FC LFE SL SR"

void chmaps_are_offered(void)
{
	static const struct {
		unsigned int channels;
		const char *map;
	} usual[] = { { 1, "MONO" },
		      { 2, "FL FR" },
		      { 3, "FL FR FC" },
		      { 5, "FL FR RL RR FC" },
		      { 6, "FL FR RL RR FC LFE" },
		      { 8, "FL FR RL RR FC LFE SL SR" },
		      { 9, NULL },
		      { 64, NULL } };
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	OK(end_open(&s, 0));
	maps_are(&s, EIGHT);
	map_is(&s, NULL); /* nothing is chosen yet */
	for (unsigned int i = 0; i < sizeof usual / sizeof *usual; i++) {
		s.channels = usual[i].channels;
		end_setup(&s);
		map_is(&s, usual[i].map);
	}
	/* A client of a loop without positions, of stereo, of mono and of 5.1. */
	OK(end_open(&c, 0));
	maps_are(&c, EIGHT);
	end_close(&c);
	s.channels = 2;
	end_setup(&s);
	OK(end_open(&c, 0));
	maps_are(&c, "MONO,FL FR");
	end_close(&c);
	s.channels = 1;
	end_setup(&s);
	OK(end_open(&c, 0));
	maps_are(&c, "MONO,FL FR");
	end_close(&c);
	s.channels = 6;
	end_setup(&s);
	OK(set(&s, "FL FR FC LFE SL SR"));
	OK(end_open(&c, 0));
	maps_are(&c, "FL FR FC LFE SL SR,MONO,FL FR,FL FR FC,FL FR RL RR,FL FR RL RR FC,FL FR RL RR FC LFE");
	c.channels = 6;
	end_setup(&c);
	map_is(&c, "FL FR RL RR FC LFE"); /* what it has that says nothing */
	end_close_pair(&s, &c);
}

void chmap_is_refused(void)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	OK(end_open(&s, 0));
	WANT_BETWEEN(set(&s, "FL FR"), -1000, -1); /* before its hardware parameters */
	s.channels = 6;
	end_setup(&s);
	OK(end_open(&c, 0));
	c.channels = 6;
	end_setup(&c);
	WANT(set(&c, "FL FR"), -EINVAL);
	WANT(set(&c, "FL FR RL RR FC FC"), -EINVAL);
	WANT(set(&c, "FL FR RL RR FC UNKNOWN"), -EINVAL);
	WANT(set(&c, "MONO MONO FL FR RL RR"), -EINVAL);
	map_is(&c, "FL FR RL RR FC LFE");
	OK(set(&c, "FL FR FC LFE RL RR"));
	OK(set(&c, "FL FR FC LFE RL RR"));
	map_is(&c, "FL FR FC LFE RL RR");
	OK(set(&c, "UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN")); /* as the loop has it */
	map_is(&c, NULL);
	end_begin(&s, &c);
	WANT(set(&c, "FL FR FC LFE RL RR"), -EBADFD);
	WANT(set(&s, "FL FR FC LFE RL RR"), -EBADFD);
	end_pump(&c, &s, PERIOD); /* numbered frames: they pass straight */
	end_close_pair(&s, &c);
}

enum { CHANNELS = 6 };

/* speak writes frames, channel i with the letter i of order; hear reads them. */
static void speak(struct end *e, const char *order, snd_pcm_uframes_t n)
{
	int16_t block[BUFFER * CHANNELS];

	for (snd_pcm_uframes_t i = 0; i < n * CHANNELS; i++)
		block[i] = (int16_t)(order[i % CHANNELS] * 256 + (int)(i / CHANNELS % 100));
	WANT(snd_pcm_writei(e->pcm, block, n), n);
}

static void hear(struct end *e, const char *order, snd_pcm_uframes_t n)
{
	int16_t block[BUFFER * CHANNELS];

	WANT(snd_pcm_readi(e->pcm, block, n), n);
	for (snd_pcm_uframes_t i = 0; i < n * CHANNELS; i++)
		if (block[i] != (int16_t)(order[i % CHANNELS] * 256 + (int)(i / CHANNELS % 100)))
			rig_fail("frame %lu, channel %lu is %#x, want %c", i / CHANNELS, i % CHANNELS, block[i] & 0xffff,
				 order[i % CHANNELS]);
}

/* carry has a client play to a server; NULL: an end says nothing. */
static void carry(const char *server, const char *client, const char *sent, const char *got)
{
	struct end s = SERVER(CAPTURE), c = CLIENT(PLAYBACK);

	s.channels = c.channels = CHANNELS;
	OK(end_open(&s, 0));
	end_setup(&s);
	if (server)
		OK(set(&s, server));
	OK(end_open(&c, 0));
	end_setup(&c);
	if (client) {
		OK(set(&c, client));
		map_is(&c, client);
		OK(end_hw_params(&c)); /* as between two files: it stays */
		map_is(&c, client);
	}
	OK(snd_pcm_start(s.pcm));
	rig_until("server", "armed");
	speak(&c, sent, 2 * PERIOD);
	rig_until("server", "running");
	rig_tick(3 * PERIOD);
	hear(&s, got, PERIOD);
	end_close_pair(&s, &c);
}

void chmap_is_heard(void)
{
	carry(NULL, NULL, "123456", "123456");
	carry("FL FR FC LFE RL RR", NULL, "LRlrCE", "LRCElr"); /* by convention it has ALSA's order */
	carry(NULL, "FL FR FC LFE RL RR", "LRCElr", "LRlrCE");
	carry("FL FR FC LFE RL RR", "FL FR FC LFE RL RR", "LRCElr", "LRCElr");
	carry("FL FR FC LFE RL RR", "RR RL FC LFE FR FL", "rlCERL", "LRCElr");
	carry("FL FR FC LFE SL SR", "FL FR RL RR FC LFE", "LRlrCE", "LRCElr");
}
