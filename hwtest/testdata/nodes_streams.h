// Cases 15 to 24: streams and their ends.

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
