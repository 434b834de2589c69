package daemon

import (
	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/daemon/statefile"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/tap"
)

// alarmPrefix begins the name of an alarm in an event.
const alarmPrefix = "alarm/"

// alarmSet holds the alarms of a running daemon, which are those of the configuration.
type alarmSet struct {
	*alarm.Board
	*running
}

func newAlarmSet(bay *loop.Patchbay, hub *tap.Hub, f *fact, r *running, log zerolog.Logger) alarmSet {
	return alarmSet{running: r, Board: alarm.NewBoard(alarm.Options{
		Listen:   func(p tap.Place, ear tap.Ear) func() { return hub.Listen(p, ear).Close },
		Facts:    f.of,
		Revision: func() <-chan struct{} { _, next := bay.Revision(); return next },
		Trigger:  f.recorders.Trigger,
		Tell:     func(n alarm.Notice) { bay.Tell(alarmEvent(&n)) },
		Failed: func(name, action string, err error) {
			log.Warn().Str("alarm", name).Str("action", action).Err(err).Msg("the action of an alarm has failed")
		},
	})}
}

// beginLocked sets the alarms of the configuration, which go on from what was saved.
func (s *alarmSet) beginLocked(alarms []alarm.Spec, saved map[string]alarm.Saved, state *statefile.File) error {
	if saved == nil {
		saved = state.SavedAlarms()
	}
	s.Restore(saved)
	state.Alarms(s.Board)
	return s.setLocked(alarms)
}

// setLocked makes these the alarms.
func (s *alarmSet) setLocked(alarms []alarm.Spec) error {
	if err := s.Set(alarms); err != nil {
		return err
	}
	s.config.Alarms = alarms
	return nil
}

// alarmEvent returns the event of a notice.
func alarmEvent(n *alarm.Notice) event.Event {
	kind := map[alarm.Change]event.Kind{
		alarm.WasRaised: event.AlarmRaised, alarm.WasAcknowledged: event.AlarmAcknowledged, alarm.WasCleared: event.AlarmCleared,
		alarm.WasTested: event.AlarmTested,
	}[n.Change]
	return event.Event{Kind: kind, Device: alarmPrefix + n.Alarm, Note: n.Text}
}
