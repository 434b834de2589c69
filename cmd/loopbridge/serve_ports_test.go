package main

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
)

// panelOfCard is the controls of a card with a switch and a volume of 1 dB.
type panelOfCard struct {
	mu     sync.Mutex
	values map[string][]int64
	events chan alsa.ElementChange
	ended  chan struct{}
	once   sync.Once
	closed *int
}

func newPanelOfCard(closed *int) *panelOfCard {
	return &panelOfCard{
		values: map[string][]int64{"Master Playback Switch": {1}, "Master Playback Volume": {74}},
		events: make(chan alsa.ElementChange, 100), ended: make(chan struct{}), closed: closed,
	}
}

func (p *panelOfCard) Elements() ([]alsa.Element, error) {
	id := func(name string) alsa.ElementID { return alsa.ElementID{Interface: abi.MixerElem, Name: name} }
	return []alsa.Element{
		{ID: id("Master Playback Switch"), Type: abi.Boolean, Count: 1, Max: 1, Readable: true, Writable: true},
		{ID: id("Master Playback Volume"), Type: abi.Number, Count: 1, Max: 74, Readable: true, Writable: true},
	}, nil
}

func (p *panelOfCard) Read(id alsa.ElementID) ([]int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.values[id.Name]), nil
}

func (p *panelOfCard) Write(id alsa.ElementID, values []int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[id.Name] = slices.Clone(values)
	p.events <- alsa.ElementChange{ID: id, Value: true}
	return nil
}

func (p *panelOfCard) Next() (alsa.ElementChange, error) {
	select {
	case e, there := <-p.events:
		if !there {
			return e, audio.ErrGone.With("unplugged")
		}
		return e, nil
	case <-p.ended:
		return alsa.ElementChange{}, audio.ErrClosed.With("closed")
	}
}

func (p *panelOfCard) Close() error {
	p.once.Do(func() {
		close(p.ended)
		*p.closed++
	})
	return nil
}

// others is another mixer.
func (p *panelOfCard) others(name string, value int64) {
	id := alsa.ElementID{Interface: abi.MixerElem, Name: name}
	if err := p.Write(id, []int64{value}); err != nil {
		panic(err)
	}
}

// switcher is a stream that tells what it runs on.
type switcher struct {
	*backendtest.Clock
	switches chan backend.Switch
}

func (s switcher) Device() string                  { return "card" }
func (s switcher) Switches() <-chan backend.Switch { return s.switches }

// plugged is a device on a card of which the controls can be watched.
type pluggedCard struct {
	cards    cards
	controls *cardControls
	engine   *loop.Engine
	stream   switcher
	panel    *panelOfCard // of the card that is plugged in now
	opened   int
	closed   int
	told     []audio.Change
	kept     int // how often the state was to be kept
	wait     sync.WaitGroup
}

func plugCard(t *testing.T, volume string) *pluggedCard {
	t.Helper()
	p := &pluggedCard{stream: switcher{backendtest.NewClock(backend.Config{Play: true}), make(chan backend.Switch)}}
	p.controls = &cardControls{
		log: zerolog.Nop(), config: defaultCard(), previous: map[audio.Direction]audio.Ports{},
		tell: func(changes []audio.Change) {
			p.told = append(p.told, changes...)
			p.cards.set("main", changes)
		},
		open: func(alsa.Address, alsa.CardControls) (*alsa.Mixer, error) {
			p.opened++
			p.panel = newPanelOfCard(&p.closed)
			return alsa.NewMixer(p.panel, alsa.CardControls{})
		},
	}
	p.controls.config.Volume = volume
	p.cards = cards{
		log: zerolog.Nop(), bay: loop.NewPatchbay(), controls: map[string]*cardControls{"main": p.controls},
		opened: map[[2]string]alsa.Address{{"main", "card"}: {}},
	}
	if err := p.controls.attach(alsa.Address{}, true); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.engine, err = loop.NewEngineWith("main", p.stream, loop.EngineOptions{Controls: p.controls}); err != nil {
		t.Fatal(err)
	}
	p.controls.serve(p.engine)
	p.cards.begin(func() { p.kept++ })
	p.wait.Go(func() { p.cards.follow("main", p.stream) })
	return p
}

func (p *pluggedCard) end(t *testing.T) {
	t.Helper()
	close(p.stream.switches)
	p.wait.Wait()
	p.cards.bay.Close()
	if err := p.engine.Close(); err != nil {
		t.Error(err)
	}
	p.cards.close()
	if p.opened != p.closed {
		t.Errorf("controls were opened %d times and closed %d times", p.opened, p.closed)
	}
}

// TestControlsOverReplugs: a card that goes and comes leaves no descriptor and no goroutine
// behind; one that is left blocks the end of the bubble.
func TestControlsOverReplugs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plugCard(t, inHardware)
		for cycle := range 100 {
			if p.opened-p.closed != 1 {
				t.Fatalf("cycle %d: %d controls are open, want 1", cycle, p.opened-p.closed)
			}
			if cycle%2 == 0 { // the controls notice first
				close(p.panel.events)
				synctest.Wait()
			}
			p.stream.switches <- backend.Switch{From: "card", To: "null", Err: audio.ErrGone.With("unplugged")}
			synctest.Wait()
			if p.opened != p.closed || p.controls.now() != nil {
				t.Fatalf("cycle %d: %d controls are open without a card", cycle, p.opened-p.closed)
			}
			p.stream.switches <- backend.Switch{From: "null", To: "card"}
			synctest.Wait()
		}
		p.end(t)
	})
}

// TestCardsMuteIsShown: whatever applies the gains; output_muted=1 turns the card's switch
// only where these are the card's.
func TestCardsMuteIsShown(t *testing.T) {
	for _, volume := range []string{inSoftware, inHardware} {
		synctest.Test(t, func(t *testing.T) {
			p := plugCard(t, volume)
			shows := func(what string, muted bool, on int64) {
				t.Helper()
				synctest.Wait()
				v, err := p.panel.Read(alsa.ElementID{Name: "Master Playback Switch"})
				if err != nil || v[0] != on || p.engine.Info().OutputMuted != muted {
					t.Errorf("%s, %s: output_muted %v, switch %v, want %v and %d", volume, what, p.engine.Info().OutputMuted, v, muted, on)
				}
			}
			set := func(muted uint32) {
				t.Helper()
				var patch audio.Patch
				err := patch.Set(audio.OutputMuted, muted)
				if err == nil {
					_, err = p.engine.Set(patch)
				}
				if err != nil {
					t.Error(err)
				}
			}
			shows("as it was found", false, 1)
			p.panel.others("Master Playback Switch", 0)
			shows("another mixer mutes", true, 0)
			if len(p.told) != 1 || p.told[0].Field != audio.OutputMuted || p.told[0].New != 1 {
				t.Errorf("told: %v", p.told)
			}
			p.panel.others("Master Playback Switch", 1)
			shows("and unmutes", false, 1)
			if len(p.told) != 2 || p.told[1].New != 0 {
				t.Errorf("told: %v", p.told)
			}
			p.panel.others("Master Playback Switch", 0)
			shows("again", true, 0)
			set(0)
			shows("output_muted=0", false, 1)
			set(1)
			switchOn := int64(1)
			if volume == inHardware {
				switchOn = 0
			}
			shows("output_muted=1", true, switchOn)
			if p.kept != 3 {
				t.Errorf("what others did was kept %d times", p.kept)
			}
			if len(p.told) != 3 {
				t.Errorf("its own sets are told as others': %v", p.told[3:])
			}
			p.stream.switches <- backend.Switch{From: "card", To: "null", Err: audio.ErrGone.With("unplugged")}
			synctest.Wait()
			if !p.engine.Info().OutputMuted {
				t.Error("it is no more muted when the card is away")
			}
			p.stream.switches <- backend.Switch{From: "null", To: "card"}
			shows("the card is back", true, switchOn)
			set(0)
			shows("output_muted=0 at last", false, 1)
			p.end(t)
		})
	}
}
