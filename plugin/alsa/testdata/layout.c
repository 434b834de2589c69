/* Prints what wire.h says, one "kind name value" a line, for the test that compares it
 * with package wire: constants, sizes and offsets in bytes, and the table of encodings
 * with what alsa-lib knows about each. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "../ring.h"
#include "../wire.h"

#define CONSTANT(name) printf("constant %s %" PRId64 "\n", #name, (int64_t)(name))
#define SIZE(type) printf("size %s %zu\n", #type, sizeof(struct type))
#define OFFSET(type, member) printf("offset %s.%s %zu\n", #type, #member, offsetof(struct type, member))
#define WORD(member)                                                                                                  \
	printf("word %s %zu:%zu\n", #member, offsetof(struct lb_shared, member), 8 * sizeof((struct lb_shared *)0)->member)

static void constants(void)
{
	CONSTANT(LB_VERSION);
	CONSTANT(LB_MESSAGE_BYTES);
	CONSTANT(LB_NAME_BYTES);
	CONSTANT(LB_PROGRAM_BYTES);
	CONSTANT(LB_TEXT_BYTES);
	CONSTANT(LB_MAX_PENDING);
	CONSTANT(LB_MAX_FIELDS);
	CONSTANT(LB_MAX_POSITIONS);
	CONSTANT(LB_OP_OPEN);
	CONSTANT(LB_OP_START);
	CONSTANT(LB_OP_HALT);
	CONSTANT(LB_OP_DRAIN);
	CONSTANT(LB_OP_SETUP);
	CONSTANT(LB_OP_CLOSE);
	CONSTANT(LB_OP_PAUSE);
	CONSTANT(LB_OP_INFO);
	CONSTANT(LB_OP_SET);
	CONSTANT(LB_OP_FOLLOW);
	CONSTANT(LB_OP_MARK);
	CONSTANT(LB_OP_STATES);
	CONSTANT(LB_SERVER);
	CONSTANT(LB_CLIENT);
	CONSTANT(LB_READ);
	CONSTANT(LB_WRITE);
	CONSTANT(LB_IDLE);
	CONSTANT(LB_ARMED);
	CONSTANT(LB_RUNNING);
	CONSTANT(LB_ENDED);
	CONSTANT(LB_MAGIC);
	CONSTANT(LB_LAYOUT_VERSION);
	CONSTANT(LB_FRAMES_OFFSET);
	CONSTANT(LB_PLAY_GAIN);
	CONSTANT(LB_PLAY_PORT);
	CONSTANT(LB_PLAY_AVAIL_PORTS);
	CONSTANT(LB_PLAY_MOD_PORTS);
	CONSTANT(LB_PLAY_BALANCE);
	CONSTANT(LB_PLAY_OPEN);
	CONSTANT(LB_RECORD_GAIN);
	CONSTANT(LB_RECORD_PORT);
	CONSTANT(LB_RECORD_AVAIL_PORTS);
	CONSTANT(LB_RECORD_MOD_PORTS);
	CONSTANT(LB_RECORD_BALANCE);
	CONSTANT(LB_RECORD_OPEN);
	CONSTANT(LB_MONITOR_GAIN);
	CONSTANT(LB_OUTPUT_MUTED);
	CONSTANT(LB_HW_FEATURES);
	CONSTANT(LB_HW_IN2OUT);
	CONSTANT(LB_HW_PLAY);
	CONSTANT(LB_HW_RECORD);
}

static void messages(void)
{
	SIZE(lb_header);
	OFFSET(lb_header, op);
	OFFSET(lb_header, version);
	OFFSET(lb_header, seq);
	OFFSET(lb_header, error);
	OFFSET(lb_header, last);
	SIZE(lb_format);
	OFFSET(lb_format, rate);
	OFFSET(lb_format, channels);
	OFFSET(lb_format, encoding);
	OFFSET(lb_format, positions);
	SIZE(lb_open);
	OFFSET(lb_open, loop);
	OFFSET(lb_open, role);
	OFFSET(lb_open, direction);
	OFFSET(lb_open, format);
	OFFSET(lb_open, period);
	OFFSET(lb_open, buffer);
	OFFSET(lb_open, unsettled);
	OFFSET(lb_open, wait);
	SIZE(lb_setup);
	OFFSET(lb_setup, format);
	OFFSET(lb_setup, period);
	OFFSET(lb_setup, buffer);
	SIZE(lb_pause);
	OFFSET(lb_pause, on);
	SIZE(lb_mark);
	OFFSET(lb_mark, position);
	SIZE(lb_granted);
	OFFSET(lb_granted, direction);
	OFFSET(lb_granted, period);
	OFFSET(lb_granted, buffer);
	OFFSET(lb_granted, unused);
	OFFSET(lb_granted, bytes);
	OFFSET(lb_granted, positions);
	SIZE(lb_failure);
	OFFSET(lb_failure, text);
	SIZE(lb_device);
	OFFSET(lb_device, name);
	OFFSET(lb_device, program);
	OFFSET(lb_device, fields);
	OFFSET(lb_device, values);
	SIZE(lb_seen);
	OFFSET(lb_seen, events);
	SIZE(lb_message);
	OFFSET(lb_message, open); /* where a body begins */
}

static void shared(void)
{
	WORD(magic);
	WORD(version);
	WORD(capacity);
	WORD(frame_bytes);
	WORD(rate);
	WORD(channels);
	WORD(encoding);
	WORD(playback);
	WORD(state);
	WORD(error);
	WORD(starts);
	WORD(xruns);
	WORD(daemon);
	WORD(clock);
	WORD(xrun_frames);
	WORD(delay);
	WORD(program);
	WORD(wake);
}

static void encodings(void)
{
	for (unsigned int i = 1; i <= lb_formats_count; i++) {
		snd_pcm_format_t f = lb_format(i);
		printf("encoding %u %s:%d:%d:%d:%016" PRIx64 "\n", lb_encoding(f), snd_pcm_format_name(f), (int)f,
		       snd_pcm_format_physical_width(f), snd_pcm_format_width(f), snd_pcm_format_silence_64(f));
	}
	printf("encoding none %u:%d:%d\n", lb_encoding(SND_PCM_FORMAT_GSM), lb_format(0), lb_format(lb_formats_count + 1));
}

int main(void)
{
	constants();
	messages();
	shared();
	encodings();
	return 0;
}
