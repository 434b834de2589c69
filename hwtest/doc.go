// Package hwtest tests sound cards: real ones, and emulated ones in a virtual machine.
// Both run the same table of cases; each case says what it needs of a card.
//
//	make hwtest CARD=hw:0        make hwtest-vm, make test
//	        │                            │
//	        │                    TestMachine: boots a machine (package lab) that runs
//	        │                            │    this package's tests
//	        ▼                            ▼
//	    TestCards                    TestCards
//	        │      for each card         │
//	        ▼      and each case         ▼
//	   what is known of it          the same, and: recordings of what it plays, a loop back,
//	   from /proc/asound            a host that unplugs it
//	        │                            │
//	        └────────▶ cases() ◀─────────┘
//	                      │
//	                      ▼
//	      ok    HDA       plays a tone: hw:HDA,0 -12.0 dBFS, 997.000 Hz, 47999 frames, none lost
//
// # Adding a case
//
// Write a func(*bench) into a file of its subject and a line into cases, with the [Need]s
// without which it makes no sense. It plays and records what it likes, judges with package
// hear, fails by b.Errorf and says what it measured by b.say. A case that is "ok" on no
// card of the laboratory fails TestMachine, so give [lab.AllCards] what it needs. While you
// write it, make hwtest-vm CASES='HDA/plays_a_tone' runs it alone.
//
// A package whose own tests want a sound card gets a line in packages: the machine runs
// them too, where [lab.Inside] is true, before the cases.
//
// TestCardless has a machine of its own for what needs its kernel and no card: device nodes (CUSE), in nodes_test.go, and streams over
// networks that lose packets (netem), in network_test.go. They run alone with make hwtest-vm CASES='CUSE/edge' or CASES=NET/.
//
// TestSuspend has a machine of its own: after a suspend the host's files are gone there. So has
// TestMachinePortAudio, whose programs need the host's C libraries; its cases have PortAudio in
// their names, and are in portaudio_inside_test.go: make hwtest-vm CASES='HDA/.*PortAudio'.
//
// TestAppliance has a machine with a Debian of its own, with systemd and without the host's files, in which the package of this tree is
// installed, upgraded and purged: stages() in appliance_inside_test.go, one after the other, of which one ends with a reboot. It
// takes minutes: make hwtest-vm CASES=Appliance.
//
// # Kernels
//
// The cases must pass with each kernel that Debian ships: make hwtest-vm KERNEL=linux-image-6.1.0-48-amd64,
// or the path of a package that is no longer shipped. Some of them fail at the first start of a USB card after
// it was plugged in or woke up; "starts when it was plugged in" shows with programs of others
// what the kernel does, and is an error only if it is neither of the two things that are known.
//
// # Time
//
// No case concludes anything from the time of day: a host may be as slow as it likes. What is
// waited for has happened, or the wait is in vain (waits says when); how long something took is
// counted in frames. Where the machine's own time is the matter, [lab.Watch] measures it, and
// knows when it is no measure.
//
// There are no second tries, neither of a case nor of a machine: nothing is left that needs one.
// A case runs once, and its first failure counts.
//
// What takes long is short in make test (10 s of a stream, some replugs) and has its full length
// in make hwtest-vm. Every case that runs is in the report, with what it did.
//
// # Reports
//
// There is a line for each case that a card can run. The variable LOOPBRIDGE_HWTEST_REPORT
// names a file to which the same is appended as JSON, an object a line.
package hwtest
