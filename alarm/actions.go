package alarm

import "context"

// The names of actions.
const (
	actionWebhook  = "webhook"
	actionCommand  = "command"
	actionRecorder = "recorder"
)

// couriersOf returns a courier for each action that an alarm may have.
func (b *Board) couriersOf(s *Spec) (all []*courier) {
	name := s.Name
	for _, action := range []string{actionWebhook, actionCommand, actionRecorder} {
		all = append(all, &courier{name: action, ctx: b.ctx, wait: &b.wait, do: b.actionOf(action, s), failed: func(err error) {
			if b.options.Failed != nil {
				b.options.Failed(name, action, err)
			}
		}})
	}
	return all
}

// actionOf returns an action as a Spec has it; nil: it has none.
func (b *Board) actionOf(name string, s *Spec) action {
	switch {
	case name == actionWebhook && s.Webhook.URL != "":
		w := s.Webhook
		return func(ctx context.Context, n *Notice) error { return b.post.send(ctx, &w, n) }
	case name == actionCommand && len(s.Command.Run) > 0:
		c := s.Command
		return func(ctx context.Context, n *Notice) error { return b.runCommand(ctx, &c, n) }
	case name == actionRecorder && s.Recorder != "" && b.options.Trigger != nil:
		r := s.Recorder
		return func(_ context.Context, n *Notice) error { b.trigger(r, n); return nil }
	}
	return nil
}

// trigger lets a recorder record from when the alarm is raised until it is over.
func (b *Board) trigger(recorder string, n *Notice) {
	switch n.Change {
	case WasRaised:
		b.options.Trigger(recorder, true)
	case WasCleared:
		b.options.Trigger(recorder, false)
	case WasTested:
		if !n.State.On() { // else it records for the alarm
			b.options.Trigger(recorder, true)
			b.options.Trigger(recorder, false)
		}
	}
}

// test does all actions once.
func (a *alarm) test(ctx context.Context) []Result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.board.ctx, cancel)() // the board closes
	a.mu.Lock()
	n := a.noticeLocked(WasTested, "a test of the alarm "+a.name+": nothing has happened")
	if tell := a.board.options.Tell; tell != nil {
		tell(n)
	}
	spec := a.spec
	a.mu.Unlock()
	results := []Result{}
	for _, name := range []string{actionWebhook, actionCommand, actionRecorder} {
		if do := a.board.actionOf(name, &spec); do != nil {
			results = append(results, Result{name, do(ctx, &n)})
		}
	}
	return results
}
