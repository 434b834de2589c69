// What the programs of the cases of device nodes share.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/soundcard.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER "/dev/loopbridge/loop0.server"
#define CLIENT "/dev/loopbridge/loop0"

// A case returns NULL, or what is wrong.
typedef const char *result;

static char said[256];

__attribute__((format(printf, 1, 2), unused)) static result wrong(const char *format, ...)
{
	va_list args;
	int err = errno;
	va_start(args, format);
	int n = vsnprintf(said, sizeof said, format, args);
	va_end(args);
	snprintf(said + n, sizeof said - n, " (errno %d, %s)", err, strerror(err));
	return said;
}

#define WANT(what) do { if (!(what)) return wrong("line %d: %s", __LINE__, #what); } while (0)
#define FAILS(call, code) do { errno = 0; if ((call) != -1 || errno != (code)) return wrong("line %d: %s, want %s", __LINE__, #call, #code); } while (0)

// nap waits for so many milliseconds of the machine's time.
__attribute__((unused)) static void nap(int ms) { usleep(ms * 1000); }

// numbered fills a block with frames that hold their numbers.
__attribute__((unused)) static void numbered(uint32_t *block, uint32_t first, int frames)
{
	for (int i = 0; i < frames; i++)
		block[i] = first + i;
}

// all reads so many bytes, or until the end; it returns how many.
__attribute__((unused)) static int all(int fd, void *to, int bytes)
{
	int done = 0;
	while (done < bytes) {
		int n = read(fd, (char *)to + done, bytes - done);
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

// apart runs a case in a process group of its own, and prints its line; 1: it is wrong, or still ran after a minute.
__attribute__((unused)) static int apart(const char *name, result (*run)(void))
{
	int status = 0;
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		result r = run();
		printf("%s %s%s%s\n", r ? "FAIL" : "ok  ", name, r ? ": " : "", r ? r : "");
		fflush(stdout);
		_exit(r != NULL);
	}
	for (int i = 0; i < 6000; i++, nap(10))
		if (waitpid(pid, &status, WNOHANG) == pid) {
			kill(-pid, SIGKILL);
			nap(20);
			return status != 0;
		}
	printf("FAIL %s: it hangs\n", name);
	kill(-pid, SIGKILL);
	return 1;
}
