/* The kinds of elements. */
#include "ctl.h"

static const char *const outputs[32] = { "speaker", "headphone", "line_out", "spdif_out", "aux1_out", "aux2_out" };
static const char *const inputs[32] = { "microphone", "line_in", "cd",		   "spdif_in",
					"aux1_in",    "aux2_in", "codec_loopb_in", "sunvts" };

static const struct lb_element table[LB_OWN + LB_MOST] = {
	{ "Master Playback Volume", VOLUME, LB_PLAY_GAIN, LB_HW_PLAY, 255, 0, 0, NULL },
	{ "Master Playback Switch", SWITCH, LB_OUTPUT_MUTED, LB_HW_PLAY, 1, 0, 0, NULL },
	{ "Balance", NUMBER, LB_PLAY_BALANCE, LB_HW_PLAY, 64, 0, 0, NULL },
	{ "Output Playback Enum", PORTS, LB_PLAY_PORT, LB_HW_PLAY, 0, LB_PLAY_AVAIL_PORTS, LB_PLAY_MOD_PORTS, outputs },
	{ "Capture Volume", VOLUME, LB_RECORD_GAIN, LB_HW_RECORD, 255, 0, 0, NULL },
	{ "Capture Balance", NUMBER, LB_RECORD_BALANCE, LB_HW_RECORD, 64, 0, 0, NULL },
	{ "Capture Source", PORTS, LB_RECORD_PORT, LB_HW_RECORD, 0, LB_RECORD_AVAIL_PORTS, LB_RECORD_MOD_PORTS, inputs },
	{ "Monitor Playback Volume", VOLUME, LB_MONITOR_GAIN, LB_HW_IN2OUT, 255, 0, 0, NULL },

	{ " Playback Volume", VOLUME, LB_PLAY_GAIN, LB_HW_PLAY, 255, 0, 0, NULL },
	{ " Playback Switch", SWITCH, LB_OUTPUT_MUTED, LB_HW_PLAY, 1, 0, 0, NULL },
	{ " Capture Volume", VOLUME, LB_RECORD_GAIN, LB_HW_RECORD, 255, 0, 0, NULL },
};

const struct lb_element *lb_ctl_element(unsigned int n)
{
	return n < sizeof table / sizeof *table ? &table[n] : NULL;
}

/* The gain is linear: 255 is 0 dB and 0 is silence. */
const unsigned int lb_ctl_tlv[] = { SND_CTL_TLVT_DB_LINEAR, 2 * sizeof(unsigned int),
				    (unsigned int)SND_CTL_TLV_DB_GAIN_MUTE, 0 };

uint32_t lb_ctl_ports(const struct lb_element *e, const struct lb_device *now)
{
	return now->values[e->avail] & now->values[e->mod];
}
