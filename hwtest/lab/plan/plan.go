// Package plan is what the host of a laboratory and its guest must agree on: the file
// that tells the guest's first process what to do, the ports between the two, and where
// things are in the guest.
package plan

// File is the plan in the initial RAM disk, as JSON.
const File = "/plan.json"

// Share is the directory in the guest that the host can write and read too. It is there
// for the program, so it is named as the program sees it.
const Share = "/run/lab"

// Home is a directory in the memory of the guest, where the program's own files are. What is
// there takes no time to read, whatever the host is busy with.
const Home = "/tmp"

// SystemHome is the same in a machine with a System, whose /tmp is its own. Also the first process and its
// plan are there.
const SystemHome = "/run/program"

// Disk is where the kernel finds the image of a System.
const Disk = "/dev/pmem0"

// Again is the exit status by which the program of a System asks for a reboot, after which it is run
// once more.
const Again = 75

// Cards is the file in Share that lists the cards as []Card, in JSON.
const Cards = "cards.json"

// Names of the serial ports between guest and host.
const (
	Init    = "loopbridge.init"    // lines of the first process: Running, Exit N, Failed WHY
	Output  = "loopbridge.output"  // what the program writes to its standard output and error
	Control = "loopbridge.control" // a request of the program in a line, and the answer in one
)

// What the first process says over Init.
const (
	Starting = "starting" // of a System: it is about to become its first process
	Running  = "running"  // the program has been started
	Exit     = "exit"     // followed by the exit status of the program
	Reboot   = "reboot"   // the program has asked for it
	Failed   = "failed"   // followed by what went wrong before there was one
)

// Tags of the directories of the host.
const (
	RootTag  = "root"
	ShareTag = "share"
)

// Plan is all that the first process of the guest knows.
type Plan struct {
	Modules []Module // to be inserted in this order
	Program []string // path and arguments, as seen below the root of the host
	Env     []string
	Dir     string   // working directory
	Files   []string // in Share, to be copied to Home
	Cards   []string // ids of ALSA; the program starts when all are there
	// System boots systemd of the file system on Disk, and the program is a service there. What
	// drives the cards is loaded by that system: Modules lack it.
	System  bool
	Options []string // for modprobe.d(5), of the drivers of the cards
	Load    []string // drivers that nothing in the machine asks for
}

// Module is a driver in the initial RAM disk.
type Module struct {
	File    string
	Options string // "index=10 id=Loopback"
}

// Card is a sound card of the guest, as a test needs to know it.
type Card struct {
	ID     string // of ALSA: hw:ID
	Unplug string `json:",omitempty"` // the name by which the host unplugs it, if it can
	Ears   []Ear  `json:",omitempty"`
	Loop   bool   `json:",omitempty"` // what device 0 plays device 1 records, and the reverse
	Deaf   bool   `json:",omitempty"` // it never gets anything to record, not even silence
}

// Ear hears a PCM device.
type Ear struct {
	PCM  int    // hw:ID,PCM
	File string // WAV file below Share that grows while the device plays
	Rate int    // the only one at which the file has frame for frame what was played
	// Period is the shortest, in frames, with which the emulation keeps frames in order,
	// whoever plays. 0: any.
	Period int `json:",omitempty"`
	// Volume is the simple mixer control that acts on it, as amixer names it; empty if none
	// does. At 100% of all of Open the file has bit for bit what was played.
	Volume string
	Open   []string
}
