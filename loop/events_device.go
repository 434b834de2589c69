package loop

import "github.com/loopbridge/loopbridge/audio"

// What happens to the state of a device by itself is told with the change of the field
// that shows it (D26).

// tellDevice is emit for the loop's device.
func (l *Loop) tellDevice(k Kind, changes ...audio.Change) {
	ev := Event{Kind: k, Device: l.engine.name, Changes: changes}
	if err := l.engine.Err(); k == Gone && err != nil {
		ev.Note = err.Error()
	}
	l.bay.tell(ev)
}

// raised is a flag that went up, of the side that the loop is attached to.
func (l *Loop) raised(play audio.Field) audio.Change {
	return audio.Change{Field: play.On(l.spec.Attached.direction()), New: 1}
}

// deviceClients counts the clients that hold the loop's side of its device. The caller
// holds l.mu.
func (l *Loop) deviceClients(more int) {
	opened, closed := l.engine.clients(l.spec.Attached, more)
	change := l.raised(audio.PlayOpen)
	switch {
	case opened:
		l.tellDevice(Opened, change)
	case closed:
		change.Old, change.New = change.New, change.Old
		l.tellDevice(Closed, change)
	}
}

// deviceWaits counts the clients that wait for it. The caller holds l.mu.
func (l *Loop) deviceWaits(more int) {
	if l.engine.waits(l.spec.Attached, more) {
		l.tellDevice(Waiting, l.raised(audio.PlayWaiting))
	}
}

// deviceMarked counts eof marks on what the device plays. The caller holds l.mu.
func (l *Loop) deviceMarked(n int) {
	if l.spec.Attached != PlaySide {
		return
	}
	for range n {
		eof := l.engine.marked()
		l.tellDevice(EOF, audio.Change{Field: audio.PlayEOF, Old: eof - 1, New: eof})
	}
}
