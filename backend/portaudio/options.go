package portaudio

// Options say which device to open, and what for.
type Options struct {
	// Name is the device's, see Find.
	Name string
	// Thread is told the id (gettid) of PortAudio's thread when it begins to call back, and
	// when it does so again after it had stopped: it may be made real-time then. While it
	// has stopped, the stream takes that away from it. Called on a goroutine of its own. nil:
	// nobody is told.
	Thread func(id int)
	// Rouse is called before a PCM of a card is opened to be played on by its own name, hw:CARD,DEVICE,
	// with the goroutine of Open. PortAudio 19.6 hangs for ever where the first start of such
	// a PCM fails: whoever can is to make that start here, and give the PCM back. nil: nobody
	// can.
	Rouse func(card, device int)
}
