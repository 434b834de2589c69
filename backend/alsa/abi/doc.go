// Package abi is the kernel's sound interface as bytes: the structures and requests of
// sound/asound.h for 64-bit machines, each as one call on a descriptor. It decides
// nothing; package alsa does.
//
// A call returns the kernel's syscall.Errno. Those with a pointer to memory for frames
// take it from outside of the stack: the kernel keeps writing to where it was while
// Go moves stacks.
package abi
