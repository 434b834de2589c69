// Package lab is a laboratory of sound cards for machines that have none: it boots a
// virtual machine with emulated cards, runs a program in it, and keeps what every card
// played.
//
//	host                                     machine (QEMU, emulated in software)
//	----                                     ------------------------------------
//	[Run]
//	  Debian's kernel, from a cache     ──▶  kernel, drivers of the cards
//	  package guest, as initial RAM disk ─▶  first process: mounts, drivers, program, power-off
//	  /, read-only                      ──▶  /
//	  Files                             ──▶  /tmp, in memory
//	  Work/share                       ◀──▶  /run/lab
//	  Line                              ◀──  standard output and error of the program
//	  Exit                              ◀──  its exit status
//	  unplug, plug, mark, stop          ◀──  [Ask], from the program
//	  Work/share/recordings/HDA-0.wav   ◀──  hw:HDA,0
//	  Work/share/recordings/HDA-2.wav   ◀──  hw:HDA,2, and so on
//
// Nothing is installed in the machine: the program finds the host's files, those of its
// own in memory, and the cards. Tests of a package are such a program: [BuildTest] makes
// one static file of them, [BuildProgram] one of a command. In it, [Inside] is true and [Seen] lists the cards.
//
// # A system of its own
//
// With [Config].Image the machine is another one: a Debian with systemd, udev and apt, as somebody has it who installs a
// package, and nothing of the host but Work/share. [FetchDebian] makes the image, with mmdebstrap. The first process loads what the
// disk needs, mounts it, and becomes systemd; udev loads what drives the cards. The disk is memory of the machine, so that
// nothing waits for it. Program is a service there, below [plan.SystemHome]; if it ends with [plan.Again] the machine is started
// again, with all that was written, and runs it once more.
//
// # Time
//
// The machine's time is that of the instructions that it executes ([Counted]), so a busy
// host makes no card run dry, and a second of sound does not take a second. Nothing may be
// concluded from the time of day, neither here nor there: judge by frames, levels, counts.
//
// # The kernel
//
// [FetchKernel] looks for the newest of Debian each time, and fetches the package lists first
// if they are a day old. Its kernels are in the user's cache directory, below loopbridge/lab,
// 66 MB each, by package and version. One that was named stays there, others for a week after
// their last use; the directory may be removed at any time that no machine runs. Images of FetchDebian are there, too,
// by what is in them.
//
// # What is left behind
//
// Nothing but [Config].Work, which is the caller's, and those kernels and images. QEMU is a
// child that ends with the context, and is killed by the kernel with its parent.
//
// It needs the Debian packages qemu-system-x86 and apt, for images mmdebstrap and genext2fs, and an amd64 computer with Go.
package lab
