package daemon

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// portAudio loads PortAudio for the first device that needs it, which may be long after the
// start, and keeps it until the daemon ends.
type portAudio struct {
	loading sync.Mutex
	library *portaudio.Library // nil: not loaded

	rousing sync.Mutex
	roused  map[card.Address]os.FileInfo // device node at the last start, a new one after each plug
}

// load loads PortAudio unless it is loaded.
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

// close closes PortAudio. Devices must be closed before.
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

// openPortAudio opens the PortAudio device that name means now.
func (c *cards) openPortAudio(device, name string, wish backend.Config) (backend.Stream, error) {
	library, err := c.portAudio.load()
	if err != nil {
		return nil, err
	}
	o := portaudio.Options{Name: name, Rouse: c.rouse}
	if c.threads != nil {
		o.Thread = func(id int) { c.threads.Adopt(device, id) }
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

// rouse makes the first start of a USB card for playback, once each time it is plugged in. With
// Linux 6.1.170 to 6.1.174 that start fails; package alsa recovers, PortAudio would hang. It
// leaves a card in use alone.
func (c *cards) rouse(number, device int) {
	p := &c.portAudio
	p.rousing.Lock()
	defer p.rousing.Unlock()
	at := card.Address{Card: number, Device: device}
	node, err := os.Stat(fmt.Sprintf("/dev/snd/pcmC%dD%dp", number, device))
	if err != nil || os.SameFile(node, p.roused[at]) || !c.onUSB(number) {
		return
	}
	if p.roused == nil {
		p.roused = make(map[card.Address]os.FileInfo)
	}
	s, err := alsa.Open(backend.Config{Play: true, Format: audio.DefaultFormat(), Period: 480, Periods: 3}, at)
	if err != nil {
		return // PortAudio reports the error
	}
	err = s.Start()
	if closed := s.Close(); err == nil && closed == nil {
		p.roused[at] = node
	}
	c.log.Debug().Stringer("card", at).AnErr("cause", err).Msg("started once, before PortAudio does")
}

// onUSB reports whether a card is on USB.
func (c *cards) onUSB(number int) bool {
	all, err := c.finder.Cards()
	return err == nil && slices.ContainsFunc(all, func(one card.Card) bool {
		return one.Number == number && one.Vendor != ""
	})
}

// libraryLog returns a function that logs lines of libraries.
func libraryLog(log zerolog.Logger) func(line string) {
	return func(line string) {
		log.Debug().Str("library", console.Printable(line)).Msg("said on standard error")
	}
}
