package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// clientDirection returns what clients of an attached loop do.
func (l *Loop) clientDirection() pcm.Direction {
	if l.spec.Attached == RecordSide {
		return pcm.Read
	}
	return pcm.Write
}

// deviceAdmissionLocked is admissionLocked for the device of an attached loop.
func (l *Loop) deviceAdmissionLocked(want pcm.Direction) (dir pcm.Direction, err error, wait bool) {
	name, dir := l.spec.Name, l.clientDirection()
	switch {
	case l.engine.Err() != nil:
		return 0, audio.ErrIO.With("%s: the device %s has failed: %v", name, l.engine.name, l.engine.Err()), false
	case want&dir == 0:
		return 0, audio.ErrAccess.With("%s: the device %s %ss, so a client can only %s",
			name, l.engine.name, dir.Opposite(), dir), false
	}
	return dir, nil, false
}

// deviceStatusLocked returns the device as the server end.
func (l *Loop) deviceStatusLocked() EndStatus {
	s := EndStatus{
		Open: true, State: ring.Armed, Direction: l.clientDirection().Opposite(),
		Holder: pcm.Holder{Program: "device " + l.engine.name}, Format: l.formatLocked(),
	}
	for _, c := range l.clients {
		if c.state == ring.Running {
			s.State = ring.Running
		}
	}
	return s
}
