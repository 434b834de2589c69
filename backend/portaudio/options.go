package portaudio

// Options say which device to open, and what for.
type Options struct {
	// Name is the device's name, as for Find.
	Name string
	// Thread receives the id (gettid) of PortAudio's thread when it starts to call back, and
	// again after each pause, so that it can be made real-time; the stream takes that away during
	// a pause. It runs on a goroutine of its own. It may be nil.
	Thread func(id int)
	// Rouse is called by Open before it opens a PCM of a card for playback by its own name,
	// hw:CARD,DEVICE. PortAudio 19.6 hangs forever if the first start of such a PCM fails, so
	// Rouse should make that start and release the PCM. It may be nil.
	Rouse func(card, device int)
}
