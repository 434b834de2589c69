// Cases 25 to 33: formats and positions.

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
