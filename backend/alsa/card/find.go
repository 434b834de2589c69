package card

import (
	yobert "github.com/yobert/alsa"
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// foundCard is a card as yobert/alsa reports it.
type foundCard struct {
	number  int
	title   string
	devices []foundPCM
}

type foundPCM struct {
	device       int
	title        string
	play, record bool
}

// findCards lists the cards whose control devices can be opened. OpenCards stops at the first one
// that cannot; the cards before it count. It leaks that descriptor to the garbage collector.
func findCards() (found []foundCard) {
	cards, _ := yobert.OpenCards()
	defer yobert.CloseCards(cards)
	for _, c := range cards {
		devices, err := c.Devices()
		if err != nil {
			continue // unplugged just now
		}
		f := foundCard{number: c.Number, title: c.Title}
		for _, d := range devices {
			f.devices = append(f.devices, foundPCM{d.Number, d.Title, d.Play, d.Record})
		}
		found = append(found, f)
	}
	return found
}

// askCard returns what only the control device knows: components and mixer name.
func askCard(card int) (info abi.CardInfo, ok bool) {
	fd, err := unix.Open(ControlNode(card), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return info, false
	}
	defer unix.Close(fd)
	return info, info.Do(fd) == nil
}
