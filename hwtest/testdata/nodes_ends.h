// How the cases of loops open ends.

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
