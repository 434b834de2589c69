package daemon

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/standby"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
)

// panelOfCard is the controls of a card with a switch and a volume of 1 dB.
type panelOfCard struct {
	mu     sync.Mutex
	values map[string][]int64
	events chan controls.Event
	ended  chan struct{}
	once   sync.Once
	closed *int
}

func newPanelOfCard(closed *int) *panelOfCard {
	return &panelOfCard{
		values: map[string][]int64{"Master Playback Switch": {1}, "Master Playback Volume": {74}},
		events: make(chan controls.Event, 100), ended: make(chan struct{}), closed: closed,
	}
}

func (p *panelOfCard) List() ([]controls.Element, error) {
	id := func(name string) controls.ID { return controls.ID{Interface: abi.MixerElem, Name: name} }
	return []controls.Element{
		{ID: id("Master Playback Switch"), Type: abi.Boolean, Count: 1, Max: 1, Readable: true, Writable: true},
		{ID: id("Master Playback Volume"), Type: abi.Number, Count: 1, Max: 74, Readable: true, Writable: true},
	}, nil
}

func (p *panelOfCard) Read(id controls.ID) ([]int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.values[id.Name]), nil
}

func (p *panelOfCard) Write(id controls.ID, values []int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[id.Name] = slices.Clone(values)
	p.events <- controls.Event{ID: id, Value: true}
	return nil
}

func (p *panelOfCard) Next() (controls.Event, error) {
	select {
	case e, there := <-p.events:
		if !there {
			return e, audio.ErrGone.With("unplugged")
		}
		return e, nil
	case <-p.ended:
		return controls.Event{}, audio.ErrClosed.With("closed")
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
	id := controls.ID{Interface: abi.MixerElem, Name: name}
	if err := p.Write(id, []int64{value}); err != nil {
		panic(err)
	}
}

// pluggedCard is a device on a card that goes and comes, of which the controls can be watched.
type pluggedCard struct {
	*testing.T
	bay     *loop.Patchbay
	engine  *loop.Engine
	events  *event.Subscription
	clock   *backendtest.Clock // of the card that is plugged in now
	panel   *panelOfCard       // likewise
	there   bool
	plugged chan struct{}
	opened  int
	closed  int
}

func plugCard(t *testing.T, volume bool) *pluggedCard {
	t.Helper()
	p := &pluggedCard{T: t, bay: loop.NewPatchbay(), there: true, plugged: make(chan struct{}, 1)}
	s, err := standby.Open(backend.Config{}, standby.Options{Plugged: p.plugged, Sources: []standby.Source{
		{Name: "card", Open: func(backend.Config) (backend.Stream, error) { return p.open(volume) }},
		{Name: "null", Open: func(backend.Config) (backend.Stream, error) {
			return backendtest.NewClock(backend.Config{Play: true}), nil
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.engine = loop.NewEngine("main", s)
	if err := p.bay.AddDevice(p.engine); err != nil {
		t.Fatal(err)
	}
	p.events = p.bay.Subscribe(100)
	return p
}

func (p *pluggedCard) open(volume bool) (backend.Stream, error) {
	if !p.there {
		return nil, audio.ErrNoDevice.With("no card")
	}
	p.opened++
	p.panel = newPanelOfCard(&p.closed)
	m, err := controls.New(p.panel, controls.Names{})
	if err != nil {
		return nil, err
	}
	p.clock = backendtest.NewClock(backend.Config{Play: true})
	return controls.WrapCard(p.clock, m, controls.Options{Volume: volume}), nil
}

// unplug takes the card away, and plug brings another one.
func (p *pluggedCard) unplug() {
	p.there = false
	p.clock.Fail(audio.ErrGone)
	synctest.Wait()
}

func (p *pluggedCard) plug() {
	p.there = true
	p.plugged <- struct{}{}
	synctest.Wait()
}

// told are the changes that everybody was told of since it was called before.
func (p *pluggedCard) told() (changes []state.Change) {
	synctest.Wait()
	for {
		select {
		case ev := <-p.events.C:
			changes = append(changes, ev.Changes...)
		default:
			return changes
		}
	}
}

func (p *pluggedCard) end() {
	p.Helper()
	p.bay.Close()
	if err := p.engine.Close(); err != nil {
		p.Error(err)
	}
	if p.opened != p.closed {
		p.Errorf("controls were opened %d times and closed %d times", p.opened, p.closed)
	}
}

// TestControlsOverReplugs: a card that goes and comes leaves no descriptor and no goroutine
// behind; one that is left blocks the end of the bubble.
func TestControlsOverReplugs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plugCard(t, true)
		for cycle := range 100 {
			if p.opened-p.closed != 1 {
				t.Fatalf("cycle %d: %d controls are open, want 1", cycle, p.opened-p.closed)
			}
			if cycle%2 == 0 { // the controls notice first
				close(p.panel.events)
				synctest.Wait()
			}
			p.unplug()
			if p.opened != p.closed || p.engine.RunsOn() != "null" {
				t.Fatalf("cycle %d: %d controls are open without a card, on %s", cycle, p.opened-p.closed, p.engine.RunsOn())
			}
			p.plug()
		}
		p.end()
	})
}

// TestCardsMuteIsShown: whatever applies the gains; output_muted=1 turns the card's switch
// only where these are the card's.
func TestCardsMuteIsShown(t *testing.T) {
	for _, volume := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := plugCard(t, volume)
			shows := func(what string, muted bool, on int64) {
				t.Helper()
				synctest.Wait()
				v, err := p.panel.Read(controls.ID{Name: "Master Playback Switch"})
				if err != nil || v[0] != on || p.engine.Info().OutputMuted != muted {
					t.Errorf("volume %v, %s: output_muted %v, switch %v, want %v and %d", volume, what, p.engine.Info().OutputMuted, v, muted, on)
				}
			}
			set := func(muted uint32) {
				t.Helper()
				var patch state.Patch
				err := patch.Set(state.OutputMuted, muted)
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
			if told := p.told(); len(told) != 1 || told[0].Field != state.OutputMuted || told[0].New != 1 {
				t.Errorf("told: %v", told)
			}
			p.panel.others("Master Playback Switch", 1)
			shows("and unmutes", false, 1)
			if told := p.told(); len(told) != 1 || told[0].New != 0 {
				t.Errorf("told: %v", told)
			}
			p.panel.others("Master Playback Switch", 0)
			shows("again", true, 0)
			p.told()
			set(0)
			shows("output_muted=0", false, 1)
			set(1)
			switchOn := int64(1)
			if volume {
				switchOn = 0
			}
			shows("output_muted=1", true, switchOn)
			if told := p.told(); len(told) != 2 {
				t.Errorf("its own sets are told as others', too: %v", told)
			}
			p.unplug()
			if !p.engine.Info().OutputMuted {
				t.Error("it is no more muted when the card is away")
			}
			p.plug()
			shows("the card is back", true, switchOn)
			set(0)
			shows("output_muted=0 at last", false, 1)
			p.end()
		})
	}
}
