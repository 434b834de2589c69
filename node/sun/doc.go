// Package sun is the bytes of SunOS audio(7I): the numbers of its calls, audio_info_t and audio_device_t, and its words for
// encodings. Functions work on bytes and values alone, from any goroutine; none keeps what it is given.
//
// The layout is that of <sys/audioio.h>: play before record, 56 bytes each, 132 in all, in the byte order of the machine. It
// has no long and no pointer, and so is the same for 32-bit and 64-bit programs. Calls have the numbers that Linux's _IOR
// makes of theirs.
package sun
