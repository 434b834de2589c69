package daemon

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// portAudio is PortAudio in the daemon: loaded when the first device wants it, which may be
// long after the start, and ended with the daemon.
type portAudio struct {
	loading sync.Mutex
	library *portaudio.Library // nil: not loaded

	rousing sync.Mutex
	roused  map[card.Address]os.FileInfo // the node of a PCM, which is another one after each plug
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

// rouse makes the first start of what plays on a USB card, once for each time that it is plugged
// in: with Linux 6.1.170 to 6.1.174 that start fails, and package alsa goes on from it while
// PortAudio would hang. A card that is in use is left alone.
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
		return // PortAudio says why
	}
	err = s.Start()
	if closed := s.Close(); err == nil && closed == nil {
		p.roused[at] = node
	}
	c.log.Debug().Stringer("card", at).AnErr("cause", err).Msg("started once, before PortAudio does")
}

// onUSB reports whether a card is one of USB.
func (c *cards) onUSB(number int) bool {
	all, err := c.finder.Cards()
	return err == nil && slices.ContainsFunc(all, func(one card.Card) bool { return one.Number == number && one.Vendor != "" })
}

// libraryLog returns what logs lines of libraries, but not a flood of them: one that spins would
// fill the disk.
func libraryLog(log zerolog.Logger) func(line string) {
	const most, while = 500, 10 * time.Second
	var began time.Time
	lines := 0
	return func(line string) {
		if now := time.Now(); now.Sub(began) > while {
			if lines > most {
				log.Warn().Int("lines", lines-most).Msg("a library says too much, not all of it is in this log")
			}
			began, lines = now, 0
		}
		if lines++; lines <= most {
			log.Debug().Str("library", console.Printable(line)).Msg("said on standard error")
		}
	}
}
