// Walks the edge cases of loops through device nodes, with real system calls: a line each.
#include "nodes.h"

// plays forks a program that writes frames numbered from 1 into the client node, and ends; it returns its pid.
static pid_t plays(int frames, int killed)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	int fd = -1;
	for (int i = 0; i < 500 && fd < 0; i++, nap(10))
		fd = open(CLIENT, O_WRONLY);
	uint32_t *block = malloc(4 * frames);
	numbered(block, 1, frames);
	write(fd, block, 4 * frames);
	if (killed)
		raise(SIGKILL);
	_exit(close(fd) ? 1 : 0);
}

static int server(int flags) { return open(SERVER, flags); }
static int client(int flags) { return open(CLIENT, flags); }

static void onsignal(int s) { (void)s; }

// alarms sends a signal after so many milliseconds; it restarts no call.
static void alarms(int ms)
{
	struct sigaction a = {.sa_handler = onsignal};
	struct itimerval t = {.it_value = {ms / 1000, ms % 1000 * 1000}};
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

static short ready(int fd, short events, int ms)
{
	struct pollfd p = {fd, events, 0};
	return poll(&p, 1, ms) > 0 ? p.revents : 0;
}

static result e01(void)
{
	FAILS(client(O_WRONLY), EAGAIN);
	FAILS(client(O_WRONLY | O_NONBLOCK), EAGAIN);
	return NULL;
}

static result e02(void)
{
	FAILS(server(O_RDWR), EACCES);
	int s = server(O_RDONLY);
	WANT(s >= 0);
	FAILS(server(O_RDWR), EACCES);
	FAILS(server(O_RDONLY), EBUSY);
	return close(s) ? wrong("close") : NULL;
}

static result e03(void)
{
	for (int i = 0; i < 20; i++) {
		int go[2], told[2], won = 0;
		WANT(!pipe(go) && !pipe(told));
		for (int k = 0; k < 2; k++)
			if (!fork()) {
				char c;
				close(go[1]);
				read(go[0], &c, 1);
				char got = server(O_RDONLY) >= 0;
				write(told[1], &got, 1);
				nap(50);
				_exit(0);
			}
		close(go[0]), close(go[1]);
		for (int k = 0; k < 2; k++) {
			char got;
			read(told[0], &got, 1);
			won += got;
		}
		while (wait(NULL) > 0)
			;
		close(told[0]), close(told[1]);
		WANT(won == 1);
	}
	return NULL;
}

static result e04(void)
{
	int s = server(O_RDONLY), c = client(O_WRONLY);
	WANT(s >= 0 && c >= 0);
	FAILS(client(O_WRONLY), EBUSY);
	close(c);
	c = client(O_WRONLY);
	WANT(c >= 0);
	close(c), close(s);
	return NULL;
}

static result e05(void)
{
	for (int i = 0; i < 3; i++) {
		int s = server(O_RDONLY), c = client(O_WRONLY), v = 0;
		WANT(s >= 0 && c >= 0);
		close(s);
		FAILS(ioctl(c, SNDCTL_DSP_SPEED, &v), ENXIO);
		close(c);
	}
	return NULL;
}

static result e06(void)
{
	char frame[4] = {0};
	int s = server(O_RDONLY), c = client(O_RDONLY);
	WANT(s >= 0 && c >= 0);
	FAILS(read(c, frame, 4), EACCES);
	close(c);
	c = client(O_WRONLY);
	WANT(c >= 0 && write(c, frame, 4) == 4);
	close(s), close(c);
	return NULL;
}

static result e07(void)
{
	char frame[4] = {0};
	int s = server(O_RDONLY), c = client(O_RDWR);
	WANT(s >= 0 && c >= 0);
	FAILS(read(c, frame, 4), EACCES);
	WANT(write(c, frame, 4) == 4);
	close(s), close(c);
	return NULL;
}

static result e08(void)
{
	int s = server(O_RDONLY), v = 44100, f = AFMT_U8, n = 1;
	WANT(!ioctl(s, SNDCTL_DSP_SPEED, &v) && v == 44100);
	WANT(!ioctl(s, SNDCTL_DSP_SETFMT, &f) && f == AFMT_U8);
	WANT(!ioctl(s, SNDCTL_DSP_CHANNELS, &n) && n == 1);
	close(s);
	s = server(O_RDONLY), v = f = n = 0;
	WANT(!ioctl(s, SNDCTL_DSP_SPEED, &v) && v == 48000);
	WANT(!ioctl(s, SNDCTL_DSP_SETFMT, &f) && f == AFMT_S16_LE);
	WANT(!ioctl(s, SNDCTL_DSP_CHANNELS, &n) && n == 2);
	close(s);
	return NULL;
}

static result e09(void)
{
	char frame[4];
	int s = server(O_RDONLY | O_NONBLOCK);
	for (int i = 0; i < 2; i++) {
		alarms(200);
		FAILS(read(s, frame, 4), EINTR);
	}
	pid_t p = plays(100, 0);
	int n;
	while ((n = read(s, frame, 4)) == -1 && errno == EAGAIN) // the session has begun, its first frame is on its way
		nap(1);
	WANT(n == 4 && *(uint32_t *)frame == 1);
	close(s);
	return waitpid(p, NULL, 0) == p ? NULL : "no child";
}

static result e10(void)
{
	char frame[4];
	int s = server(O_RDONLY), c = client(O_WRONLY);
	WANT(c >= 0);
	alarms(300);
	FAILS(read(s, frame, 4), EINTR);
	close(c); // 12: that ends no pause either
	alarms(300);
	FAILS(read(s, frame, 4), EINTR);
	close(s);
	return NULL;
}

static result e11(void)
{
	uint32_t block[960], got[960];
	int s = server(O_RDONLY), c = client(O_WRONLY);
	numbered(block, 1, 960);
	WANT(write(c, block, sizeof block) == sizeof block);
	WANT(all(s, got, sizeof got) == sizeof got && !memcmp(block, got, sizeof got));
	close(c), close(s);
	return NULL;
}

static result e13(void)
{
	int s = server(O_RDONLY);
	WANT(ready(s, POLLIN, 200) == 0);
	pid_t p = plays(4800, 0);
	WANT(ready(s, POLLIN, 20000) & POLLIN);
	close(s);
	return waitpid(p, NULL, 0) == p ? NULL : "no child";
}

static result e14(void)
{
	pid_t p = fork();
	if (!p) {
		char frame[4];
		int s = server(O_RDONLY);
		read(s, frame, 4);
		_exit(0);
	}
	int c = -1;
	for (int i = 0; i < 500 && c < 0; i++, nap(10))
		c = client(O_WRONLY);
	WANT(c >= 0);
	close(c);
	kill(p, SIGKILL);
	WANT(waitpid(p, NULL, 0) == p);
	FAILS(client(O_WRONLY), EAGAIN);
	int s = server(O_RDONLY);
	WANT(s >= 0);
	close(s);
	return NULL;
}

// stream reads a whole stream of so many frames to its end.
static result stream(int s, int frames)
{
	uint32_t *got = calloc(frames + 480, 4);
	int n = all(s, got, 4 * (frames + 480)), err = errno;
	if (n != 4 * frames || got[0] != 1 || got[frames - 1] != (uint32_t)frames)
		return wrong("%d bytes of %d, from %u to %u", n, 4 * frames, got[0], got[frames - 1]);
	free(got);
	errno = err;
	WANT(errno == ECONNRESET);
	return NULL;
}

static result e16(void)
{
	int s = server(O_RDONLY);
	pid_t p = plays(4811, 0);
	result r = stream(s, 4811);
	close(s), waitpid(p, NULL, 0);
	return r;
}

static result e17(void)
{
	int s = server(O_RDONLY);
	pid_t p = plays(4811, 1);
	result r = stream(s, 4811);
	close(s), waitpid(p, NULL, 0);
	return r;
}

static result e18(void)
{
	char frame[4];
	int s = server(O_RDONLY);
	pid_t p = plays(500, 0);
	result r = stream(s, 500);
	if (r)
		return r;
	waitpid(p, NULL, 0);
	for (int i = 0; i < 3; i++)
		FAILS(read(s, frame, 4), ECONNRESET);
	WANT(ready(s, POLLIN, 0) & POLLHUP);
	FAILS(client(O_WRONLY), EAGAIN); // 19
	fcntl(s, F_SETFL, O_NONBLOCK); // 21
	FAILS(read(s, frame, 4), ECONNRESET);
	fcntl(s, F_SETFL, 0);
	WANT(!ioctl(s, SNDCTL_DSP_RESET));
	WANT(ready(s, POLLIN, 100) == 0);
	p = plays(700, 0);
	r = stream(s, 700);
	close(s), waitpid(p, NULL, 0);
	return r;
}

static result e22(void)
{
	static uint32_t block[480], got[480];
	int s = server(O_WRONLY), c = client(O_RDONLY);
	pid_t p = fork();
	numbered(block, 1, 480);
	if (!p) {
		close(c);
		write(s, block, sizeof block);
		_exit(0); // with the last descriptor of the child
	}
	WANT(all(c, got, sizeof got) == sizeof got && !memcmp(block, got, sizeof got));
	waitpid(p, NULL, 0);
	close(s);
	int n;
	while ((n = read(c, got, 4)) > 0)
		;
	WANT(n == -1 && errno == ECONNRESET);
	close(c);
	s = server(O_WRONLY), c = client(O_RDONLY);
	p = fork();
	if (!p) {
		close(s);
		read(c, got, 40);
		_exit(0);
	}
	close(c);
	while (write(s, block, sizeof block) > 0)
		;
	WANT(errno == ECONNRESET);
	waitpid(p, NULL, 0);
	close(s);
	return NULL;
}

static result e23(void)
{
	static char block[1 << 20];
	int s = server(O_RDONLY), c = client(O_WRONLY | O_NONBLOCK);
	WANT(write(c, block, sizeof block) == 16320 * 4); // 340 ms
	FAILS(write(c, block, 4), EAGAIN);
	WANT(ready(c, POLLOUT, 0) == 0);
	close(s);
	FAILS(write(c, block, 4), ECONNRESET);
	close(c);
	return NULL;
}

static result e24(void)
{
	static uint32_t block[48000];
	struct { int play, rec, rest[24]; } lost;
	int s = server(O_RDONLY);
	pid_t p = plays(96000, 0);
	WANT(all(s, block, 4800 * 4) == 4800 * 4 && block[4799] == 4800);
	nap(1000);
	WANT(!ioctl(s, _IOR('P', 25, char[104]), &lost) && lost.rec > 20 && lost.play == 0);
	int fragments = lost.rec;
	WANT(all(s, block, 4) == 4);
	int dropped = block[0] - 4801;
	WANT(!ioctl(s, _IOR('P', 25, char[104]), &lost));
	fragments += lost.rec;
	if (dropped < 1 || dropped > fragments * 480 || dropped < (fragments - 3) * 480)
		return wrong("%d frames dropped, %d fragments told", dropped, fragments);
	close(s);
	kill(p, SIGKILL), waitpid(p, NULL, 0);
	return NULL;
}

static result e25(void)
{
	int s = server(O_RDONLY), v;
	for (int i = 0; i < 4; i++) {
		const int rates[] = {22050, 11025, 4999, 200000};
		v = rates[i];
		WANT(!ioctl(s, SNDCTL_DSP_SPEED, &v) && v == rates[i]);
	}
	v = 999;
	FAILS(ioctl(s, SNDCTL_DSP_SPEED, &v), EINVAL);
	v = -1;
	FAILS(ioctl(s, SNDCTL_DSP_SPEED, &v), EINVAL);
	v = 65;
	FAILS(ioctl(s, SNDCTL_DSP_CHANNELS, &v), EINVAL);
	v = 2;
	FAILS(ioctl(s, SNDCTL_DSP_STEREO, &v), EINVAL);
	v = 0;
	WANT(!ioctl(s, SNDCTL_DSP_CHANNELS, &v) && v == 2);
	close(s);
	return NULL;
}

static result e26(void)
{
	uint32_t got[480];
	int s = server(O_RDONLY), v = 44100;
	pid_t p = plays(9600, 0);
	WANT(all(s, got, 480 * 4) == 480 * 4);
	FAILS(ioctl(s, SNDCTL_DSP_SPEED, &v), EBUSY);
	WANT(all(s, got, 480 * 4) == 480 * 4 && got[479] == 960);
	close(s);
	waitpid(p, NULL, 0);
	return NULL;
}

static result e27(void)
{
	static char block[44100];
	int s = server(O_RDONLY), c = client(O_WRONLY), v = 44100, f = AFMT_U8, n = 1;
	WANT(!ioctl(c, SNDCTL_DSP_SPEED, &v) && !ioctl(c, SNDCTL_DSP_SETFMT, &f) && !ioctl(c, SNDCTL_DSP_CHANNELS, &n));
	WANT(v == 44100 && f == AFMT_U8 && n == 1);
	v = 96000;
	WANT(!ioctl(s, SNDCTL_DSP_SPEED, &v) && v == 96000);
	pid_t p = fork();
	if (!p) {
		close(s);
		memset(block, 0x80, sizeof block);
		write(c, block, sizeof block);
		_exit(close(c));
	}
	close(c);
	int frames = 0, got;
	char sink[4096];
	while ((got = read(s, sink, sizeof sink)) > 0)
		frames += got / 4;
	WANT(errno == ECONNRESET);
	if (frames != 96000) // 28: a second is a second
		return wrong("%d frames of 96000", frames);
	close(s);
	waitpid(p, NULL, 0);
	return NULL;
}

static result e29(void)
{
	int s = server(O_RDONLY), c = client(O_WRONLY), n = 6;
	WANT(!ioctl(c, SNDCTL_DSP_CHANNELS, &n) && n == 6);
	close(c), close(s);
	return NULL;
}

static result e30(void)
{
	int s = server(O_RDONLY), v = 192000, f = 0x1000, n = 8;
	WANT(!ioctl(s, SNDCTL_DSP_SPEED, &v) && !ioctl(s, SNDCTL_DSP_SETFMT, &f) && !ioctl(s, SNDCTL_DSP_CHANNELS, &n));
	WANT(v == 192000 && f == 0x1000 && n == 8);
	pid_t p = plays(16000, 0); // 64000 bytes are 2000 frames
	uint32_t *got = calloc(16480, 4);
	WANT(all(s, got, 4 * 16480) == 4 * 16000 && got[15999] == 16000);
	waitpid(p, NULL, 0);
	WANT(!ioctl(s, SNDCTL_DSP_RESET)); // 30a
	v = 8000;
	WANT(!ioctl(s, SNDCTL_DSP_SPEED, &v) && v == 8000);
	p = plays(1600, 0);
	WANT(all(s, got, 4 * 2000) == 4 * 1600 && got[1599] == 1600);
	waitpid(p, NULL, 0);
	close(s);
	return NULL;
}

static result e32(void)
{
	static uint32_t block[9600];
	count_info at = {1, 1, 1};
	audio_buf_info space;
	int s = server(O_RDONLY), c = client(O_WRONLY), delay = -1;
	WANT(!ioctl(c, SNDCTL_DSP_GETOPTR, &at) && at.bytes == 0 && at.blocks == 0 && at.ptr == 0);
	WANT(!ioctl(c, SNDCTL_DSP_GETOSPACE, &space) && space.fragsize == 1920 && space.fragstotal == 34 && space.bytes == 34 * 1920);
	FAILS(ioctl(c, SNDCTL_DSP_GETISPACE, &space), EOPNOTSUPP);
	FAILS(ioctl(s, SNDCTL_DSP_GETODELAY, &delay), EOPNOTSUPP);
	WANT(!ioctl(s, SNDCTL_DSP_GETISPACE, &space) && space.fragments == 1);
	pid_t p = fork();
	if (!p) {
		close(c);
		all(s, block, sizeof block);
		nap(2000);
		_exit(0);
	}
	close(s);
	WANT(write(c, block, sizeof block) == sizeof block);
	WANT(!ioctl(c, SNDCTL_DSP_SYNC));
	WANT(!ioctl(c, SNDCTL_DSP_GETODELAY, &delay) && delay == 0);
	WANT(!ioctl(c, SNDCTL_DSP_GETOPTR, &at) && at.bytes == 9600 * 4 && at.blocks == 20 && at.ptr == 20 * 1920);
	WANT(!ioctl(c, SNDCTL_DSP_GETOPTR, &at) && at.blocks == 0);
	close(c);
	kill(p, SIGKILL), waitpid(p, NULL, 0);
	return NULL;
}

static result e33(void)
{
	static uint32_t block[4800];
	int s = server(O_RDONLY), c = client(O_WRONLY);
	numbered(block, 1, 4800);
	WANT(write(c, block, sizeof block) == sizeof block);
	close(c); // gives up: nobody reads
	memset(block, 0, sizeof block);
	WANT(all(s, block, sizeof block) == sizeof block && block[4799] == 4800);
	close(s);
	return NULL;
}

static result others(void)
{
	uint32_t block[100], got[100];
	void *volatile nowhere = (void *)16;
	int s = server(O_RDONLY), c = client(O_WRONLY), v = 0;
	WANT(s >= 0 && c >= 0);
	FAILS(ioctl(c, 0x5401, got), EINVAL);           // TCGETS
	FAILS(ioctl(c, _IOWR('P', 200, int), &v), EINVAL);
	FAILS(ioctl(c, _IOR('P', 24, int), &v), EINVAL); // volume
	FAILS(ioctl(c, SNDCTL_DSP_SPEED, nowhere), EFAULT);
	FAILS(ioctl(c, _IOWR('P', 2, char[4000]), got), EINVAL);
	WANT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, c, 0) == MAP_FAILED);
	WANT(write(c, NULL, 0) == 0);
	FAILS(write(c, nowhere, 4), EFAULT);
	int d = dup(c);
	close(c);
	numbered(block, 1, 100);
	for (int i = 0; i < 400; i++)
		WANT(write(d, (char *)block + i, 1) == 1);
	for (int i = 0; i < 400; i++)
		WANT(read(s, (char *)got + i, 1) == 1);
	WANT(!memcmp(block, got, 400));
	close(d), close(s);
	return NULL;
}

// elsewhere opens the client in another pid namespace, where the daemon has no number for it, and through a copy of the node.
static result elsewhere(void)
{
	uint32_t frame = 0;
	struct stat st;
	int s = server(O_RDONLY), status;
	pid_t p = fork();
	if (!p) {
		if (unshare(CLONE_NEWPID))
			_exit(2);
		if (!(p = fork())) {
			uint32_t mine = 7;
			int c = client(O_WRONLY);
			_exit(c < 0 || write(c, &mine, 4) != 4 || close(c));
		}
		waitpid(p, &status, 0);
		_exit(status != 0);
	}
	alarms(20000);
	WANT(read(s, &frame, 4) == 4 && frame == 7);
	WANT(waitpid(p, &status, 0) == p && status == 0);
	WANT(read(s, &frame, 4) == -1 && errno == ECONNRESET);
	close(s);
	s = server(O_RDONLY);
	WANT(!stat(CLIENT, &st) && S_ISCHR(st.st_mode) && !mknod("copy", S_IFCHR | 0600, st.st_rdev));
	int c = open("copy", O_WRONLY);
	WANT(c >= 0 && write(c, &frame, 4) == 4 && read(s, &frame, 4) == 4);
	unlink("copy"), close(c), close(s);
	return NULL;
}

int main(void)
{
	static const struct { const char *name; result (*run)(void); } cases[] = {
		{"1 a client before its server gets EAGAIN", e01}, {"2 a server that wants both gets EACCES", e02},
		{"3 one of two servers wins", e03}, {"4 a second client gets EBUSY", e04},
		{"5 closed in any order, opened again", e05}, {"6 a wrong direction fails at its first call", e06},
		{"7 O_RDWR works one way", e07}, {"8 each server begins with the default format", e08},
		{"9 a server sleeps for its client, also O_NONBLOCK, until a signal", e09},
		{"10, 12 a client without I/O ends no pause", e10}, {"11 a client that is there", e11},
		{"13 poll does not sleep, and tells", e13}, {"14 a server killed in its pause", e14},
		{"15, 16, 20 all frames, a short count, then ECONNRESET", e16}, {"17 a client that is killed", e17},
		{"18, 19, 21 ECONNRESET until the halt", e18}, {"22 the other way", e22}, {"23 a server that never reads", e23},
		{"24 a server that is late", e24}, {"25 formats", e25}, {"26 a format while the client runs", e26},
		{"27, 28 a format before it starts; a second stays a second", e27}, {"29 six channels", e29},
		{"30, 30a large frames, then another rate", e30}, {"32 positions", e32}, {"33 close without a reader", e33},
		{"others: another pid namespace, a copy by mknod", elsewhere},
		{"others: bad calls, pointers and sizes, mmap, dup, single bytes", others},
	};
	int failed = chdir("/tmp") != 0;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		failed |= apart(cases[i].name, cases[i].run);
	return failed;
}
