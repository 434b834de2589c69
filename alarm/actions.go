package alarm

import "context"

// The names of actions.
const (
	actionWebhook = "webhook"
	actionCommand = "command"
)

// couriersOf returns a courier for each action that an alarm may have.
func (b *Board) couriersOf(s *Spec) (all []*courier) {
	name := s.Name
	for _, action := range []string{actionWebhook, actionCommand} {
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
	}
	return nil
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
	if trigger := a.board.options.Trigger; trigger != nil && !a.machine.state.On() { // else it is up
		trigger(a.name, true)
		trigger(a.name, false)
	}
	spec := a.spec
	a.mu.Unlock()
	results := []Result{}
	for _, name := range []string{actionWebhook, actionCommand} {
		if do := a.board.actionOf(name, &spec); do != nil {
			results = append(results, Result{name, do(ctx, &n)})
		}
	}
	return results
}
