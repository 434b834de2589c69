// Package abi is the kernel's sound interface as bytes: the structures and requests of sound/asound.h for
// 64-bit machines, each as one call on a descriptor. It makes no decisions; package alsa does.
//
// Calls return the kernel's syscall.Errno. Pointers to frames must not point into a Go stack: the
// kernel keeps the address while Go may move the stack.
package abi
