package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// deviceAdmissionLocked is admissionLocked for the device of an attached loop.
func (l *Loop) deviceAdmissionLocked(want audio.Direction) (dir audio.Direction, err error, wait bool) {
	name, dir := l.spec.Name, l.spec.Attached
	switch {
	case l.engine.Err() != nil:
		return 0, audio.ErrIO.With("%s: the device %s has failed: %v", name, l.engine.name, l.engine.Err()), false
	case want&dir == 0:
		return 0, audio.ErrAccess.With("%s: the device %s %ss, so a client can only %s",
			name, l.engine.name, pcm.Verb(dir.Opposite()), pcm.Verb(dir)), false
	}
	return dir, nil, false
}

// deviceStatusLocked returns the device as the server end.
func (l *Loop) deviceStatusLocked() EndStatus {
	s := EndStatus{
		Open: true, State: ring.Armed, Direction: l.spec.Attached.Opposite(),
		Holder: pcm.Holder{Program: "device " + l.engine.name}, Format: l.formatLocked(),
	}
	for _, c := range l.clients {
		if c.state == ring.Running {
			s.State = ring.Running
		}
	}
	return s
}
