package loop

import (
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/event"
)

// follow is the follower goroutine: it reacts to changes of the hardware's controls and of the card
// the device runs on, until the engine ends or the stream is closed.
func (e *Engine) follow() {
	if e.autoPort != nil && !e.resumed {
		e.warn(e.autoPort.Begin())
	}
	var controls <-chan backend.ControlChange
	if c, ok := backend.As[backend.Controller](e.stream); ok {
		controls = c.ControlChanges()
	}
	var switches <-chan backend.Switch
	if s, ok := backend.As[backend.Switcher](e.stream); ok {
		switches = s.Switches()
	}
	for controls != nil || switches != nil {
		select {
		case c, open := <-controls:
			if !open {
				controls = nil
				continue
			}
			e.controlled(c)
		case s, open := <-switches:
			if !open {
				switches = nil
				continue
			}
			e.switched(s)
		case <-e.stopped:
			return
		}
	}
}

// switched tells that the device now runs on another card.
func (e *Engine) switched(s backend.Switch) {
	ev := event.Event{Kind: event.Back, Note: s.To + " takes over from " + s.From}
	if s.Err != nil {
		ev = event.Event{Kind: event.Gone, Note: fmt.Sprintf("%v; %s stands in", s.Err, s.To)}
	}
	e.tell(ev)
}

// controlled reads the controls of the hardware again, and applies auto_port.
func (e *Engine) controlled(c backend.ControlChange) {
	before := e.Info()
	if changes := e.device.Changed(c); len(changes) > 0 {
		e.tell(event.Event{Kind: event.Set, Changes: changes})
	}
	for _, d := range audio.Directions() {
		if e.autoPort != nil && !c.Replaced && c.Jacks&d != 0 {
			e.warn(e.autoPort.Follow(d, &before))
		}
	}
}

func (e *Engine) warn(err error) {
	if err != nil {
		e.note(err)
	}
}
