package card

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// fakeSlots is where cards are plugged in.
type fakeSlots struct {
	mu     sync.Mutex
	cards  []Card
	locked map[int]bool // cannot be opened
	opens  int
	lists  int
}

func (s *fakeSlots) plug(c Card) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cards = append(s.cards, c)
}

func (s *fakeSlots) pull(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cards = slices.DeleteFunc(s.cards, func(c Card) bool { return c.Number == number })
}

func (s *fakeSlots) lock(number int, locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked[number] = locked
}

// looks counts the lists and the tries to open a card.
func (s *fakeSlots) looks() (lists, opens int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists, s.opens
}

func (s *fakeSlots) list() []Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	return slices.Clone(s.cards)
}

func (s *fakeSlots) short() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.cards)
}

func (s *fakeSlots) usable(number int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens++
	if s.locked[number] {
		return audio.ErrPermission.With("no permission")
	}
	return nil
}

// watching runs test in a bubble, with what the watch says since the last look.
func watching(t *testing.T, s *fakeSlots, events bool, test func(messages chan<- uevent, said func() string)) {
	synctest.Test(t, func(t *testing.T) {
		var messages chan uevent
		if events {
			messages = make(chan uevent)
		}
		ctx, cancel := context.WithCancel(t.Context())
		w := &watcher{list: s.list, short: s.short, usable: s.usable, events: make(chan Event), known: map[int]Card{}, tries: map[int]int{},
			note: audio.ErrIO.With("looking")}
		go w.run(ctx, messages)
		var mu sync.Mutex
		var said []string
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for e := range w.events {
				text := fmt.Sprintf("+%d%s", e.Card.Number, e.Card.ID)
				if e.Removed {
					text = fmt.Sprintf("-%d%s", e.Card.Number, e.Card.ID)
				} else if e.Note != nil {
					text = e.Note.Error()
				}
				mu.Lock()
				said = append(said, text)
				mu.Unlock()
			}
		}()
		test(messages, func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			text := strings.Join(said, " ")
			said = nil
			return text
		})
		cancel()
		<-ended
	})
}

// TestWatch: with the kernel's events nothing is looked at between them.
func TestWatch(t *testing.T) {
	s := &fakeSlots{cards: []Card{{Number: 0, ID: "PCH"}}, locked: map[int]bool{}}
	watching(t, s, true, func(messages chan<- uevent, said func() string) {
		expect := func(when, want string) {
			t.Helper()
			if got := said(); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		expect("at first", "+0PCH")
		s.plug(Card{Number: 1, ID: "DAC"})
		time.Sleep(time.Hour)
		expect("nobody says so", "")
		if lists, _ := s.looks(); lists != 1 {
			t.Errorf("looked %d times in an idle hour", lists)
		}
		messages <- uevent{action: "add", card: 1}
		expect("plugged", "+1DAC")
		messages <- uevent{action: "add", card: 1}
		messages <- uevent{action: "change", card: 1}
		expect("said again", "")
		s.lock(1, true)
		messages <- uevent{action: "remove", card: 1} // still in the kernel's list
		expect("pulled", "-1DAC")
		s.pull(1)
		time.Sleep(time.Minute)
		expect("later", "")
		s.lock(1, false)
		s.plug(Card{Number: 1, ID: "Mic"})
		messages <- uevent{action: "add", card: 1}
		expect("another", "+1Mic")
		s.pull(1)
		s.plug(Card{Number: 1, ID: "DAC"})
		messages <- uevent{lost: true}
		expect("lost messages", "-1Mic +1DAC")
		lists, _ := s.looks()
		time.Sleep(time.Hour)
		if again, _ := s.looks(); again != lists {
			t.Errorf("looked without a reason")
		}
	})
}

// TestWatchPermission: udev lets the user open a card after the kernel says that it is there.
func TestWatchPermission(t *testing.T) {
	s := &fakeSlots{locked: map[int]bool{3: true, 4: true}}
	watching(t, s, true, func(messages chan<- uevent, said func() string) {
		s.plug(Card{Number: 3, ID: "DAC"})
		messages <- uevent{action: "add", card: 3}
		if got := said(); got != "" {
			t.Errorf("at once: %q", got)
		}
		s.lock(3, false)
		messages <- uevent{action: "change", card: 3} // by udev
		if got := said(); got != "+3DAC" {
			t.Errorf("after udev: %q", got)
		}
		s.plug(Card{Number: 4, ID: "Mic"})
		messages <- uevent{action: "add", card: 4}
		time.Sleep(1500 * time.Millisecond)
		s.lock(4, false)
		time.Sleep(time.Second)
		if got := said(); got != "+4Mic" {
			t.Errorf("without udev: %q", got)
		}
		s.lock(5, true)
		s.plug(Card{Number: 5, ID: "Secret"})
		messages <- uevent{action: "add", card: 5}
		_, opens := s.looks()
		time.Sleep(time.Hour)
		if _, again := s.looks(); said() != "no permission" || again > opens+retries {
			t.Errorf("never: after %d tries", again-opens)
		}
		s.lock(5, false)
		messages <- uevent{action: "change", card: 5}
		if got := said(); got != "+5Secret" {
			t.Errorf("at last: %q", got)
		}
	})
}

// TestWatchByLooking is for where the kernel's events are refused.
func TestWatchByLooking(t *testing.T) {
	s := &fakeSlots{cards: []Card{{Number: 0, ID: "PCH"}}, locked: map[int]bool{}}
	watching(t, s, false, func(_ chan<- uevent, said func() string) {
		if got := said(); got != "looking +0PCH" {
			t.Errorf("at first: %q", got)
		}
		s.plug(Card{Number: 1, ID: "DAC"})
		time.Sleep(1001 * time.Millisecond)
		if got := said(); got != "+1DAC" {
			t.Errorf("plugged: %q", got)
		}
		s.pull(0)
		time.Sleep(time.Second)
		if got := said(); got != "-0PCH" {
			t.Errorf("pulled: %q", got)
		}
		lists, _ := s.looks()
		time.Sleep(time.Hour)
		if again, _ := s.looks(); again != lists {
			t.Errorf("listed %d times without a change", again-lists)
		}
	})
}

// TestWatchLosesEvents: when the socket breaks, it goes on by looking.
func TestWatchLosesEvents(t *testing.T) {
	s := &fakeSlots{locked: map[int]bool{}}
	watching(t, s, true, func(messages chan<- uevent, said func() string) {
		close(messages)
		if got := said(); !strings.HasPrefix(got, "the kernel's hot plug events have ended") {
			t.Errorf("said %q", got)
		}
		s.plug(Card{Number: 1, ID: "DAC"})
		time.Sleep(2 * time.Second)
		if got := said(); got != "+1DAC" {
			t.Errorf("plugged: %q", got)
		}
	})
}

// TestWatchEnds on this machine, with its netlink or without.
func TestWatchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	events, err := Watch(ctx)
	if err != nil {
		t.Skipf("cards cannot be watched here: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	for e := range events {
		t.Logf("%+v", e)
	}
}

func TestParseUevent(t *testing.T) {
	message := func(lines ...string) string { return strings.Join(lines, "\x00") + "\x00" }
	const usb = "/devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/sound/card1"
	for _, c := range []struct {
		text string
		want uevent
		ok   bool
	}{
		{message("add@"+usb+"/controlC1", "ACTION=add", "DEVPATH="+usb+"/controlC1", "SUBSYSTEM=sound", "MAJOR=116", "MINOR=7", "DEVNAME=snd/controlC1", "SEQNUM=2417"), uevent{"add", 1, false}, true},
		{message("remove@"+usb+"/controlC1", "ACTION=remove", "DEVPATH="+usb+"/controlC1", "SUBSYSTEM=sound"), uevent{"remove", 1, false}, true},
		{message("change@"+usb, "ACTION=change", "DEVPATH="+usb, "SUBSYSTEM=sound", "SOUND_INITIALIZED=1"), uevent{"change", 1, false}, true},
		{message("add@"+usb, "ACTION=add", "DEVPATH="+usb, "SUBSYSTEM=sound"), uevent{}, false},
		{message("add@"+usb+"/pcmC1D0p", "ACTION=add", "SUBSYSTEM=sound"), uevent{}, false},
		{message("add@/devices/x/controlC1", "ACTION=add", "SUBSYSTEM=input"), uevent{}, false},
		{message("libudev", "SUBSYSTEM=sound"), uevent{}, false},
		{message("add@"+usb+"/controlCx", "SUBSYSTEM=sound"), uevent{}, false},
		{"", uevent{}, false}, {"add@/controlC1", uevent{}, false},
	} {
		if got, ok := parseUevent([]byte(c.text)); ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %+v %v", c.text, got, ok)
		}
	}
}

func FuzzParseUevent(f *testing.F) {
	f.Add([]byte("add@/sound/card1/controlC1\x00ACTION=add\x00DEVPATH=/x/controlC1\x00SUBSYSTEM=sound\x00"))
	f.Add([]byte("change@/sound/card1\x00SUBSYSTEM=sound\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if u, ok := parseUevent(message); ok && (u.card < 0 || u.card > 65535 || u.lost) {
			t.Errorf("%+v", u)
		}
	})
}
