// Walks the state cases of audio(7I) through /dev/audio and /dev/audioctl, with real system calls: a line each. The layout is
// that of <sys/audioio.h>, which Linux lacks.
#include "nodes.h"

struct prinfo {
	uint32_t sample_rate, channels, precision, encoding, gain, port, avail_ports, mod_ports, reserved, buffer_size, samples, eof;
	uint8_t pause, error, waiting, balance;
	uint16_t minordev;
	uint8_t open, active;
};

struct info {
	struct prinfo play, record;
	uint32_t monitor_gain;
	uint8_t output_muted, ref_cnt, reserved[2];
	uint32_t hw_features, sw_features;
	uint32_t sw_features_enabled;
};

#define INFO_BYTES 132
_Static_assert(sizeof(struct prinfo) == 56 && sizeof(struct info) == INFO_BYTES, "audio_info_t");
#define AUDIO_GETINFO _IOC(_IOC_READ, 'A', 1, INFO_BYTES)
#define AUDIO_SETINFO _IOC(_IOC_READ | _IOC_WRITE, 'A', 2, INFO_BYTES)
#define AUDIO_DRAIN _IO('A', 3)
#define AUDIO_GETDEV _IOC(_IOC_READ, 'A', 4, 48)

static int ctl(void) { return open("/dev/audioctl", O_RDWR); }
static int play(void) { return open("/dev/audio", O_WRONLY); }
static int rec(void) { return open("/dev/audio", O_RDONLY); }

static struct info init(void)
{
	struct info i;
	memset(&i, 0xFF, sizeof i);
	return i;
}

static struct info get(int fd)
{
	struct info i;
	if (ioctl(fd, AUDIO_GETINFO, &i))
		memset(&i, 0xEE, sizeof i);
	return i;
}

static void onsignal(int s) { (void)s; }

static void alarms(int ms)
{
	struct sigaction a = {.sa_handler = onsignal};
	struct itimerval t = {.it_value = {ms / 1000, ms % 1000 * 1000}};
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

// until waits for something to be so, for a while.
#define UNTIL(what) do { for (int k = 0; k < 1000 && !(what); k++) nap(10); WANT(what); } while (0)

static char sound[8000 * 4];

static result e34(void)
{
	int c = ctl();
	struct info before = get(c), i = init();
	WANT(c >= 0 && !ioctl(c, AUDIO_SETINFO, &i) && !memcmp(&i, &before, INFO_BYTES));
	return NULL;
}

static result e35(void)
{
	int c = ctl();
	struct info before = get(c), i = init();
	i.play.gain = 77, i.monitor_gain = 300;
	FAILS(ioctl(c, AUDIO_SETINFO, &i), EINVAL);
	WANT(get(c).play.gain == before.play.gain);
	return NULL;
}

static result e36(void)
{
	int c = ctl();
	struct info i = init();
	i.play.gain = 255, i.play.balance = 64;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.gain == 255 && i.play.balance == 64);
	i = init(), i.play.balance = 65;
	FAILS(ioctl(c, AUDIO_SETINFO, &i), EINVAL);
	i = init(), i.play.gain = 256;
	FAILS(ioctl(c, AUDIO_SETINFO, &i), EINVAL);
	i = init(), i.play.balance = 32;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.balance == 32);
	return NULL;
}

static result e37(void)
{
	int c = ctl(), p = play();
	struct info i = init();
	WANT(write(p, sound, 4000) == 4000);
	UNTIL(get(c).play.error == 1); // it ran dry
	nap(500); // to the last frame of the resampler
	UNTIL(get(c).play.active == 0);
	i.play.error = 0;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.error == 1);
	i = init(), i.play.error = 0;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.error == 0);
	WANT(write(p, sound, 800) == 800); // 46: it goes on
	UNTIL(get(c).play.samples >= 4800);
	i = init(), i.play.samples = 0; // 38
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.samples >= 4800 && get(c).play.samples < 4800);
	return NULL;
}

static result e39(void)
{
	int c = ctl();
	struct info i = init();
	i.play.pause = i.play.error = i.play.waiting = 1, i.play.eof = 3, i.record.eof = 3;
	WANT(!ioctl(c, AUDIO_SETINFO, &i));
	WANT(!i.play.pause && !i.play.error && !i.play.waiting && !i.play.eof && !i.record.eof);
	return NULL;
}

static result e40(void)
{
	int c = ctl(), p = play(), r = rec();
	struct info i = init();
	i.play.waiting = i.record.waiting = 1;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.waiting == 1 && i.record.waiting == 1);
	i = init(), i.play.waiting = 0;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.play.waiting == 1);
	close(p);
	WANT(get(c).play.waiting == 0 && get(c).record.waiting == 1);
	close(r);
	return NULL;
}

static result e41(void)
{
	int c = ctl(), p = play(), r = rec(), told[2];
	WANT(p >= 0 && r >= 0 && !pipe(told));
	FAILS(open("/dev/audio", O_WRONLY | O_NONBLOCK), EBUSY); // 43
	WANT(get(c).play.waiting == 0);
	pid_t child = fork();
	if (!child) {
		close(p), close(r);
		char got = open("/dev/audio", O_RDWR) >= 0;
		write(told[1], &got, 1);
		nap(3000);
		_exit(0);
	}
	UNTIL(get(c).play.waiting == 1 && get(c).record.waiting == 1);
	WANT(ctl() >= 0); // 44
	close(p);
	nap(200);
	WANT(get(c).play.open == 0); // it takes both or none
	close(r);
	char got = 0;
	WANT(read(told[0], &got, 1) == 1 && got == 1);
	WANT(get(c).play.open == 1 && get(c).record.open == 1 && get(c).play.waiting == 0 && get(c).ref_cnt == 2);
	alarms(200);
	FAILS(open("/dev/audio", O_WRONLY), EINTR); // 42
	WANT(get(c).play.waiting == 0);
	kill(child, SIGKILL), waitpid(child, NULL, 0);
	UNTIL(get(c).play.open == 0);
	return NULL;
}

static result e47(void)
{
	int c = ctl(), p = play();
	FAILS(ioctl(c, AUDIO_DRAIN), EINVAL);
	WANT(!ioctl(p, AUDIO_DRAIN) && !ioctl(p, AUDIO_DRAIN));
	struct info i = init();
	i.play.pause = 1;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && write(p, sound, 800) == 800);
	alarms(300);
	FAILS(ioctl(p, AUDIO_DRAIN), EINTR);
	WANT(get(c).play.samples == 0 && get(c).play.active == 0); // 49
	alarms(300);
	close(p); // 48: it waits until resumed, or a signal
	UNTIL(get(c).play.open == 0);
	return NULL;
}

static result e50(void)
{
	int c = ctl(), r = rec();
	struct info i = init();
	WANT(read(r, sound, 80) > 0);
	i.record.pause = 1;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.record.pause == 1);
	i = init(), i.record.pause = 0;
	WANT(!ioctl(c, AUDIO_SETINFO, &i));
	nap(1500); // 51: longer than its buffer
	UNTIL(get(c).record.error == 1);
	WANT(read(r, sound, 80) == 80 && get(c).record.error == 1);
	return NULL;
}

static result e52(void)
{
	int p = play();
	struct info i = get(p);
	WANT(i.play.sample_rate == 8000 && i.play.channels == 1 && i.play.precision == 8 && i.play.encoding == 1);
	i = init(), i.play.sample_rate = 44100, i.play.channels = 2, i.play.precision = 16, i.play.encoding = 3;
	WANT(!ioctl(p, AUDIO_SETINFO, &i) && i.play.sample_rate == 44100 && i.play.encoding == 3 && i.play.precision == 16);
	int r = rec();
	WANT(get(r).play.sample_rate == 44100 && get(r).record.sample_rate == 8000);
	i = init(), i.record.buffer_size = 1001, i.record.channels = 2; // 53
	WANT(!ioctl(r, AUDIO_SETINFO, &i) && i.record.channels == 2 && i.record.buffer_size == 1000);
	i = init(), i.record.buffer_size = 0;
	FAILS(ioctl(r, AUDIO_SETINFO, &i), EINVAL);
	i = init(), i.play.precision = 7;
	FAILS(ioctl(p, AUDIO_SETINFO, &i), EINVAL);
	i = init(), i.play.sample_rate = 8000;
	FAILS(ioctl(ctl(), AUDIO_SETINFO, &i), EINVAL);
	return NULL;
}

static result e54(void)
{
	int c = ctl(), d = ctl();
	struct pollfd p = {c, POLLPRI, 0};
	poll(&p, 1, 0);
	get(c);
	struct info i = init();
	i.play.balance = 30;
	WANT(!ioctl(d, AUDIO_SETINFO, &i));
	WANT(poll(&p, 1, 10000) == 1 && p.revents & POLLPRI);
	i = init(), i.play.balance = 32;
	WANT(!ioctl(d, AUDIO_SETINFO, &i));
	return NULL;
}

static result e58(void)
{
	int c = ctl(), p = play();
	struct info i = init();
	i.output_muted = 1, i.play.gain = 200;
	WANT(!ioctl(c, AUDIO_SETINFO, &i) && i.output_muted == 1 && i.play.gain == 200);
	WANT(write(p, sound, 1600) == 1600 && !ioctl(p, AUDIO_DRAIN));
	i = get(c);
	WANT(i.play.samples >= 1600 && i.play.gain == 200);
	i = init(), i.output_muted = 0, i.play.gain = 255;
	WANT(!ioctl(c, AUDIO_SETINFO, &i));
	return NULL;
}

static result e59(void)
{
	int c = ctl();
	struct info i = init(), now = get(c);
	i.play.port = 0x80000;
	FAILS(ioctl(c, AUDIO_SETINFO, &i), EINVAL);
	if (now.play.avail_ports) {
		i = init(), i.play.port = 0;
		FAILS(ioctl(c, AUDIO_SETINFO, &i), EINVAL);
	}
	WANT(get(c).play.port == now.play.port);
	return NULL;
}

static result e60(void)
{
	int c = ctl(), p = play();
	struct info i = init();
	i.play.samples = 0xFFFFFFF0;
	WANT(!ioctl(c, AUDIO_SETINFO, &i));
	WANT(write(p, sound, 800) == 800 && !ioctl(p, AUDIO_DRAIN));
	UNTIL(get(c).play.samples >= 784 && get(c).play.samples < 100000);
	return NULL;
}

// marks: a write of nothing ends in the kernel, so that no mark is counted; to run dry behind a drain is no error.
static result e45(void)
{
	int c = ctl(), p = play();
	struct info i = init();
	i.play.error = 0;
	WANT(!ioctl(c, AUDIO_SETINFO, &i));
	WANT(write(p, sound, 4000) == 4000 && write(p, sound, 0) == 0);
	WANT(!ioctl(p, AUDIO_DRAIN) && get(c).play.eof == 0);
	nap(500);
	WANT(get(c).play.error == 0);
	return NULL;
}

static result others(void)
{
	char dev[48];
	int c = ctl(), p = play(), v = 0;
	WANT(!ioctl(c, AUDIO_GETDEV, dev) && !strcmp(dev, "loopbridge") && !strcmp(dev + 32, "main"));
	WANT(!ioctl(p, AUDIO_GETDEV, dev));
	FAILS(ioctl(c, _IO('A', 101), &v), EINVAL);
	FAILS(ioctl(c, SNDCTL_DSP_SPEED, &v), EINVAL);
	WANT(write(c, dev, 48) == 48 && read(c, dev, 48) == 0);
	FAILS(open("/dev/audio", O_ACCMODE), EINVAL);
	return NULL;
}

int main(void)
{
	static const struct { const char *name; result (*run)(void); } cases[] = {
		{"34 nothing set, all returned", e34}, {"35 one bad field, nothing set", e35}, {"36 limits", e36},
		{"37, 38, 46 dry: error once, read and reset at once", e37}, {"39 a closed side ignores", e39}, {"40 waiting by a set", e40},
		{"41, 42, 43, 44 opens that wait", e41}, {"45 no marks; dry behind a drain", e45}, {"47, 48, 49 drain, pause, close", e47}, {"50, 51 record: pause and overflow", e50},
		{"52, 53 formats and buffers", e52}, {"54 POLLPRI stands for SIGPOLL", e54}, {"58 muted, samples go on", e58},
		{"59 ports", e59}, {"60 samples wrap", e60}, {"others: GETDEV, bad calls, control I/O", others},
	};
	int failed = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		failed |= apart(cases[i].name, cases[i].run);
	return failed;
}
