// Bad calls, and programs in other namespaces.

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

// uncaged leaves the root of chroot(2), from which nobody gets a user namespace.
static int uncaged(void)
{
	if (mkdir("cage", 0700) && errno != EEXIST)
		return -1;
	if (chroot("cage"))
		return -1;
	for (int i = 0; i < 32; i++)
		if (chdir(".."))
			return -1;
	return chroot(".");
}

// stranger opens the client in a user namespace of its own, as somebody who is nobody there.
static result stranger(void)
{
	uint32_t frame = 0;
	int s = server(O_RDONLY), status;
	pid_t p = fork();
	if (!p) {
		uint32_t mine = 9;
		if (uncaged())
			_exit(2);
		if (setgid(12345) || setuid(12345) || unshare(CLONE_NEWUSER))
			_exit(3);
		int c = client(O_WRONLY);
		_exit(c < 0 || write(c, &mine, 4) != 4 || close(c) ? errno : 0);
	}
	alarms(5000);
	int n = read(s, &frame, 4);
	alarms(0);
	WANT(waitpid(p, &status, 0) == p);
	if (n != 4 || frame != 9 || status)
		return wrong("read %d, %u, and the program ended with %x", n, frame, status);
	WANT(read(s, &frame, 4) == -1 && errno == ECONNRESET);
	close(s);
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
