package loop

import (
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/event"
)

// What happens to the state of a device by itself is told with the change of the field
// that shows it (D26).

// emit tells everybody what happened to the loop. From control goroutines and the reporter.
func (l *Loop) emit(ev event.Event) {
	ev.Loop = l.spec.Name
	l.bay.events.Tell(ev)
}

// tellDevice is emit for the loop's device.
func (l *Loop) tellDevice(k event.Kind, changes ...state.Change) {
	ev := event.Event{Kind: k, Device: l.engine.name, Changes: changes}
	if err := l.engine.Err(); k == event.Gone && err != nil {
		ev.Note = err.Error()
	}
	l.bay.events.Tell(ev)
}

// raised is a flag that went up, of the side that the loop is attached to.
func (l *Loop) raised(play state.Field) state.Change {
	return state.Change{Field: play.On(l.spec.Attached.direction()), New: 1}
}

// deviceClients counts the clients that hold the loop's side of its device. The caller
// holds l.mu.
func (l *Loop) deviceClients(more int) {
	if l.spec.Attached == Detached {
		return
	}
	opened, closed := l.engine.device.AddClients(l.spec.Attached.direction(), more)
	change := l.raised(state.PlayOpen)
	switch {
	case opened:
		l.tellDevice(event.Opened, change)
	case closed:
		change.Old, change.New = change.New, change.Old
		l.tellDevice(event.Closed, change)
	}
}

// deviceWaits counts the clients that wait for it. The caller holds l.mu.
func (l *Loop) deviceWaits(more int) {
	if l.spec.Attached != Detached && l.engine.device.AddWaiters(l.spec.Attached.direction(), more) {
		l.tellDevice(event.Waiting, l.raised(state.PlayWaiting))
	}
}

// deviceMarked counts eof marks on what the device plays. The caller holds l.mu.
func (l *Loop) deviceMarked(n int) {
	if l.spec.Attached != PlaySide {
		return
	}
	for range n {
		eof := l.engine.device.Mark()
		l.tellDevice(event.EOF, state.Change{Field: state.PlayEOF, Old: eof - 1, New: eof})
	}
}
