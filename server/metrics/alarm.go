package metrics

import "github.com/loopbridge/loopbridge/alarm"

func addAlarms(p *page, alarms []alarm.Status) {
	info := p.gauge("alarm_info", "What an alarm watches, and how bad it is; always 1.")
	state := p.gauge("alarm_state", "1 for the state that the alarm is in: ok, pending, raised, acknowledged or clearing. The other states have no sample.")
	raised := p.gauge("alarm_raised", "1 if the alarm was raised and is not over, acknowledged or not.")
	flapping := p.gauge("alarm_flapping", "1 if the alarm was raised too often, and stays raised until it is calm.")
	raises := p.counter("alarm_raises_total", "How often the alarm was raised.")
	notices := p.counter("alarm_notices_total", "Notices of the alarm for an action, by what came of them: done, failed or dropped.")
	waiting := p.gauge("alarm_notices_waiting", "Notices of the alarm that wait for an action, with the one that is under way.")
	for i := range alarms {
		s := &alarms[i]
		of := label("alarm", s.Name)
		info.add(1, of.with("of", s.Of, "on", s.On.String(), "severity", s.Severity.String()))
		state.add(1, of.with("state", string(s.State)))
		raised.flag(s.State.On(), of)
		flapping.flag(s.Flapping, of)
		raises.count(s.Raises, of)
		for _, a := range s.Actions {
			action := of.with("action", a.Name)
			notices.count(a.Done, action.with("result", "done"))
			notices.count(a.Failed, action.with("result", "failed"))
			notices.count(a.Dropped, action.with("result", "dropped"))
			waiting.count(uint64(a.Waiting), action)
		}
	}
}
