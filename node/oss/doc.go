// Package oss is the bytes of the Open Sound System, version 4: the numbers of its calls, the sizes of their structures,
// and its words for formats. Functions work on bytes and numbers alone, from any goroutine; none keeps what it is given.
//
// Numbers and layouts are those of soundcard.h of OSS 4, with the encoding of calls that Linux has (asm/ioctl.h). The
// structures are the same for 32-bit and 64-bit programs, but for those with a 64-bit number in them, which i386 aligns to
// 4 bytes: one table has both sizes.
package oss
