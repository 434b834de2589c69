// Cases 1 to 14: opening, and the sleep of a server.

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
