package main

import (
	"sync"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/portaudio"
)

// portAudio is PortAudio in the daemon: loaded when the first device wants it, which may be
// long after the start, and ended with the daemon.
type portAudio struct {
	loading sync.Mutex
	library *portaudio.Library // nil: not loaded
}

// load loads PortAudio, if it is not.
func (p *portAudio) load() (*portaudio.Library, error) {
	p.loading.Lock()
	defer p.loading.Unlock()
	if p.library == nil {
		library, err := portaudio.Load()
		if err != nil {
			return nil, err
		}
		p.library = library
	}
	return p.library, nil
}

// close ends it. Close the devices before.
func (p *portAudio) close() error {
	p.loading.Lock()
	defer p.loading.Unlock()
	if p.library == nil {
		return nil
	}
	err := p.library.Close()
	p.library = nil
	return err
}

// openPortAudio opens the device of PortAudio that has a name now, for a device of ours.
func (c *cards) openPortAudio(device, name string, wish backend.Config) (backend.Stream, error) {
	library, err := c.portAudio.load()
	if err != nil {
		return nil, err
	}
	o := portaudio.Options{Name: name}
	if c.rt != nil {
		o.Thread = func(id int) { c.rt.adopt(device, id) }
	}
	s, err := library.Open(wish, o)
	if err != nil {
		return nil, err
	}
	if d, ok := backend.As[backend.Delayer](s); ok {
		play, record := d.Delay()
		c.log.Info().Str("device", device).Stringer("format", s.Granted().Format).Int("period", s.Granted().Period).
			Int("play.delay", play).Int("record.delay", record).Msg("opened " + name + " with PortAudio")
	}
	return s, nil
}
