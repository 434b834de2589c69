package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/event"
)

// An event about the state of a device carries the change of the field that shows it.

// emit sends an event of the loop. For control goroutines and the reporter.
func (l *Loop) emit(ev event.Event) {
	ev.Loop = l.spec.Name
	l.bay.events.Tell(ev)
}

// tellDevice sends an event of the loop's device.
func (l *Loop) tellDevice(k event.Kind, changes ...state.Change) {
	ev := event.Event{Kind: k, Device: l.engine.name, Changes: changes}
	if err := l.engine.Err(); k == event.Gone && err != nil {
		ev.Note = err.Error()
	}
	l.bay.events.Tell(ev)
}

// flagRaised returns the change of a flag that went up on the side the loop is attached to.
func (l *Loop) flagRaised(play state.Field) state.Change {
	return state.Change{Field: play.On(l.spec.Attached), New: 1}
}

// addDeviceClientsLocked adds more, which may be negative, to the clients of the loop's side of its device.
func (l *Loop) addDeviceClientsLocked(more int) {
	if l.spec.Attached == 0 || l.spec.tap {
		return
	}
	opened, closed := l.engine.device.AddClients(l.spec.Attached, more)
	change := l.flagRaised(state.PlayOpen)
	switch {
	case opened:
		l.tellDevice(event.Opened, change)
	case closed:
		change.Old, change.New = change.New, change.Old
		l.tellDevice(event.Closed, change)
	}
}

// addDeviceWaitersLocked adds more, which may be negative, to the clients that wait for the device.
func (l *Loop) addDeviceWaitersLocked(more int) {
	if l.spec.Attached != 0 && !l.spec.tap && l.engine.device.AddWaiters(l.spec.Attached, more) {
		l.tellDevice(event.Waiting, l.flagRaised(state.PlayWaiting))
	}
}

// markDeviceLocked counts eof marks on what the device plays.
func (l *Loop) markDeviceLocked(n int) {
	if l.spec.Attached != audio.Play {
		return
	}
	for range n {
		eof := l.engine.device.Mark()
		l.tellDevice(event.EOF, state.Change{Field: state.PlayEOF, Old: eof - 1, New: eof})
	}
}
