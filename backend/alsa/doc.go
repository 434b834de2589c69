// Package alsa is sound cards, through the kernel's own interface (package abi): no
// alsa-lib, no cgo. A card's stream is a backend.Stream.
package alsa
