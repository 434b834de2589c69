/* The protocol between a program and the daemon in C. Package wire (go doc ./wire) describes every
 * message and word; a test compares this file with it. Little endian throughout, no padding. */
#ifndef LOOPBRIDGE_WIRE_H
#define LOOPBRIDGE_WIRE_H

#include <stdatomic.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the protocol is little endian: this machine would have to swap"
#endif

enum {
	LB_VERSION = 2,
	LB_MESSAGE_BYTES = 512,
	LB_NAME_BYTES = 64,
	LB_PROGRAM_BYTES = 32,
	LB_TEXT_BYTES = 400,
	LB_MAX_PENDING = 8, /* unanswered requests */
	LB_MAX_FIELDS = 64,
	LB_MAX_POSITIONS = 16, /* channels that can have one */
};

enum lb_op {
	LB_OP_OPEN = 1,
	LB_OP_START,
	LB_OP_HALT,
	LB_OP_DRAIN,
	LB_OP_SETUP,
	LB_OP_CLOSE,
	LB_OP_PAUSE = 8, /* 7 was a list of the loops */
	LB_OP_INFO,
	LB_OP_SET,
	LB_OP_FOLLOW,
	LB_OP_MARK,
	LB_OP_STATES,
};

enum lb_role { LB_SERVER = 1, LB_CLIENT = 2 };
enum lb_direction { LB_READ = 1, LB_WRITE = 2 };
enum lb_state { LB_IDLE, LB_ARMED, LB_RUNNING, LB_ENDED };

struct lb_header {
	uint16_t op, version;
	uint32_t seq, error, last;
};

struct lb_format {
	uint32_t rate, channels, encoding;
	uint8_t positions[LB_MAX_POSITIONS]; /* SND_CHMAP_FL ... of each channel; zeros: unknown */
};

struct lb_open {
	char loop[LB_NAME_BYTES];
	uint32_t role, direction;
	struct lb_format format;
	uint32_t period, buffer;
	uint32_t unsettled;
	int64_t wait; /* ns; -1: forever */
};

struct lb_setup {
	struct lb_format format;
	uint32_t period, buffer;
};

struct lb_pause {
	uint32_t on;
};

struct lb_mark {
	uint64_t position;
};

struct lb_granted {
	uint32_t direction, period, buffer, unused;
	uint64_t bytes;
	uint8_t positions[LB_MAX_POSITIONS]; /* of the end; of the loop if the end has none and as many channels */
};

struct lb_failure {
	char text[LB_TEXT_BYTES];
};

/* The values of struct lb_device that a mixer shows. */
enum lb_field {
	LB_PLAY_GAIN = 5,
	LB_PLAY_PORT = 7,
	LB_PLAY_AVAIL_PORTS = 8,
	LB_PLAY_MOD_PORTS = 9,
	LB_PLAY_BALANCE = 16,
	LB_PLAY_OPEN = 17,
	LB_RECORD_GAIN = 23,
	LB_RECORD_PORT = 25,
	LB_RECORD_AVAIL_PORTS = 26,
	LB_RECORD_MOD_PORTS = 27,
	LB_RECORD_BALANCE = 34,
	LB_RECORD_OPEN = 35,
	LB_MONITOR_GAIN = 37,
	LB_OUTPUT_MUTED = 38,
	LB_HW_FEATURES = 40,
};

/* Bits of LB_HW_FEATURES. */
enum { LB_HW_IN2OUT = 4, LB_HW_PLAY = 8, LB_HW_RECORD = 16 };

struct lb_device {
	char name[LB_NAME_BYTES];
	char program[LB_PROGRAM_BYTES];
	uint64_t fields; /* bits: which values are valid */
	uint32_t values[LB_MAX_FIELDS];
};

struct lb_seen {
	uint64_t events;
};

struct lb_message {
	struct lb_header header;
	union {
		struct lb_open open;
		struct lb_setup setup;
		struct lb_pause pause;
		struct lb_mark mark;
		struct lb_granted granted;
		struct lb_failure failure;
		struct lb_device device;
		struct lb_seen seen;
		unsigned char space[LB_MESSAGE_BYTES - sizeof(struct lb_header)];
	};
};
_Static_assert(sizeof(struct lb_message) == LB_MESSAGE_BYTES, "a message is a packet of 512 bytes");

enum { LB_MAGIC = 0x42504f4c, LB_LAYOUT_VERSION = 1, LB_FRAMES_OFFSET = 4096 };

/* The header of the shared memory. The first eight words are constants. */
struct lb_shared {
	uint32_t magic, version, capacity, frame_bytes, rate, channels, encoding, playback;
	unsigned char unused0[32];

	/* Written by the daemon. */
	_Atomic uint32_t state, error, starts, xruns;
	_Atomic uint64_t daemon;
	_Atomic int64_t clock;
	_Atomic uint64_t xrun_frames;
	_Atomic uint32_t delay;
	unsigned char unused1[20];

	/* Written by the program. */
	_Atomic uint64_t program, wake;
};

#endif
