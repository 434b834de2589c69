package probe

import (
	"context"
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// run is a measurement that goes on.
type run struct {
	*Probe
	player   *player
	recorder *recorder
	watcher  *watcher
	same     bool // both ends have had one clock so far
}

func (r *run) all(ctx context.Context) (*Report, error) {
	if err := r.begun(ctx); err != nil {
		return nil, err
	}
	if r.options.Ready != nil {
		if err := r.options.Ready(ctx); err != nil {
			return nil, err
		}
	}
	report := &Report{
		Play: r.options.Play.String(), Record: r.options.Record.String(),
		Order: r.options.Order, Periods: r.options.Periods, PlayFormat: r.play.Format(), RecordFormat: r.record.Format(),
	}
	for _, c := range r.channels() {
		found, err := r.channel(ctx, c)
		for range attempts - 1 {
			if !errors.Is(err, errDisturbed) {
				break
			}
			found, err = r.channel(ctx, c)
		}
		if err != nil {
			return nil, err
		}
		report.Channels = append(report.Channels, found)
	}
	report.SameClock = r.same
	report.PlayDelay, report.RecordDelay = r.watcher.delays()
	return report, nil
}

// begun waits until frames move at both ends.
func (r *run) begun(ctx context.Context) error {
	const enough = 8 // cycles
	last, seen := time.Now(), 0
	for {
		play, record := r.watcher.seen()
		if play >= enough && record >= enough {
			return nil
		}
		if play+record > seen {
			last, seen = time.Now(), play+record
		}
		if time.Since(last) > patience {
			return r.stuck()
		}
		if err := sleep(ctx); err != nil {
			return err
		}
	}
}

// stuck says why no frames move.
func (r *run) stuck() error {
	for _, end := range []*pcm.PCM{r.play, r.record} {
		if state := end.State(); state == ring.Armed || state == ring.Idle {
			return audio.ErrTimedOut.With("%s: no frames move: the program at the other end is missing, or does nothing",
				end.Name())
		}
	}
	return audio.ErrTimedOut.With("%s or %s: no frames move: is it paused?", r.play.Name(), r.record.Name())
}

// channel measures the path of a channel that is played. errDisturbed: it is worth another attempt.
func (r *run) channel(ctx context.Context, c int) (Channel, error) {
	_, playLost := r.play.Xruns()
	_, recordLost := r.record.Xruns()
	rough, err := r.rough(ctx)
	if err != nil {
		return Channel{}, err
	}
	start, err := r.player.begin(ctx, c)
	if err != nil {
		return Channel{}, err
	}
	first := start + uint64(r.settling()*r.seq.Len()) // what is played while the window is recorded
	from := rough.recordedAt(float64(first))
	n := r.options.Periods * r.seq.Len()
	w := r.recorder.keep(from, n)
	if err := r.until(ctx, w); err != nil {
		return Channel{}, err
	}
	_, playNow := r.play.Xruns()
	_, recordNow := r.record.Xruns()
	if w.missed || playNow != playLost || recordNow != recordLost {
		return Channel{}, errDisturbed
	}
	exact, err := r.watcher.align(start)
	if err != nil {
		return Channel{}, err
	}
	r.same = r.same && exact.same
	late := exact.playedAt(from) - float64(first) // of the window
	return r.loudest(c, w, late), nil
}

// rough relates both ends as they are now. It waits until nothing disturbs that.
func (r *run) rough(ctx context.Context) (a alignment, err error) {
	for begun := time.Now(); time.Since(begun) < patience; {
		if a, err = r.watcher.recent(); err == nil {
			return a, nil
		}
		if err := sleep(ctx); err != nil {
			return a, err
		}
	}
	return a, err
}

// loudest returns the path to the channel in which the sequence comes back loudest.
func (r *run) loudest(c int, w *window, late float64) Channel {
	best := Channel{Play: c + 1}
	for k := range r.record.Format().Channels {
		p := r.seq.Analyse(w.channel(k), r.options.Amplitude)
		if p.Found && (!best.Found || p.Level > best.Level) {
			p.Latency += late
			best.Record, best.Path, best.Begin = k+1, p, late
			best.Milliseconds = p.Latency / float64(r.record.Format().Rate) * 1000
		}
	}
	return best
}

// until waits for the end of a window.
func (r *run) until(ctx context.Context, w *window) error {
	last, seen := time.Now(), r.recorder.position()
	for {
		select {
		case <-w.done:
			return nil
		default:
		}
		if now := r.recorder.position(); now != seen {
			last, seen = time.Now(), now
		}
		if time.Since(last) > patience {
			return r.stuck()
		}
		if err := sleep(ctx); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(look):
		return nil
	}
}
