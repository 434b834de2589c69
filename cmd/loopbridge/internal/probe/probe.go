package probe

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/measure"
)

// End is an end to open.
type End struct {
	Name string
	Role pcm.Role
}

// String returns the end as a place of a route is written.
func (e End) String() string {
	if e.Role == pcm.Server {
		return e.Name + "/" + pcm.Server.String()
	}
	return e.Name
}

// Options say what to measure.
type Options struct {
	Socket       string
	Play, Record End
	Order        int     // of the sequence; 0: as the rate wants it
	Periods      int     // of it that are compared, 1 or more
	Amplitude    float64 // of what is played; 1 is full scale
	Channel      int     // to play on, from 1; 0: one after the other

	// Wait is how long to wait for the server of an end, and for a client that is there already.
	Wait time.Duration
	// Ready, if not nil, is called once frames move at both ends. The measurement begins when it returns.
	Ready func(context.Context) error
}

// Probe holds both ends. Close it.
type Probe struct {
	options      Options
	seq          *measure.Sequence
	play, record *pcm.PCM
	heard        func(frames []byte)
}

// recordBuffer, in frames, is for a recorder that may be late without harm.
const recordBuffer = 48000

// usualPeriod, in seconds, is what a period of the sequence lasts at least, unless its order is given.
const usualPeriod = 0.6

// Open opens both ends, a server end first, and asks for one rate. It returns the errors of client.Open, and
// ErrInvalid for an order or a channel that does not exist.
func Open(ctx context.Context, o Options) (*Probe, error) {
	if _, err := measure.New(cmp.Or(o.Order, measure.MinOrder)); err != nil {
		return nil, err
	}
	p := &Probe{options: o, heard: func([]byte) {}}
	if err := p.open(ctx); err != nil {
		p.Close()
		return nil, err
	}
	if n := p.play.Format().Channels; o.Channel < 0 || o.Channel > n {
		p.Close()
		return nil, audio.ErrInvalid.With("%s has no channel %d; use 1..%d", o.Play, o.Channel, n)
	}
	p.options.Order = cmp.Or(o.Order, orderFor(p.play.Format().Rate))
	var err error
	if p.seq, err = measure.New(p.options.Order); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// open opens both ends.
func (p *Probe) open(ctx context.Context) (err error) {
	o := p.options
	play := func(rate int) error {
		p.play, err = client.Open(ctx, o.Socket, o.Play.Name, pcm.Options{
			Role: o.Play.Role, Direction: pcm.Write, Format: audio.Format{Rate: rate}, Wait: o.Wait,
		})
		return err
	}
	record := func(rate int) error {
		p.record, err = client.Open(ctx, o.Socket, o.Record.Name, pcm.Options{
			Role: o.Record.Role, Direction: pcm.Read, Format: audio.Format{Rate: rate}, Buffer: recordBuffer, Wait: o.Wait,
		})
		return err
	}
	if o.Record.Role == pcm.Server {
		if err := record(0); err != nil {
			return err
		}
		return play(p.record.Format().Rate)
	}
	if err := play(0); err != nil {
		return err
	}
	// What is to open the other side of record may wait for sound.
	playing, stop := context.WithCancel(ctx)
	var silence sync.WaitGroup
	silence.Go(func() { _ = newPlayer(p.play, nil, 0).run(playing) })
	defer silence.Wait()
	defer stop()
	return record(p.play.Format().Rate)
}

// orderFor returns the order of a sequence that is long enough at a rate.
func orderFor(rate int) (order int) {
	for order = measure.MinOrder; order < measure.MaxOrder && float64(int(1)<<order) < usualPeriod*float64(rate); order++ {
	}
	return order
}

// Close gives both ends back. It waits until the daemon knows, for two seconds at most, so that they can be opened
// again. What is still on its way is not played.
func (p *Probe) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if p.play != nil {
		_ = p.play.Halt(ctx) // else the close of a client plays it all
	}
	for _, end := range []*pcm.PCM{p.record, p.play} {
		if end != nil {
			_ = end.Close(ctx)
		}
	}
}

// Range returns up to which latency the sequence tells where it is: a later one counts as less by a period.
func (p *Probe) Range() time.Duration {
	n := p.seq.Len()
	return p.play.Format().Duration(int64(n - n/16))
}

// Recorded returns the end that is recorded, and how many frames of it Run will need, about.
func (p *Probe) Recorded() (end *pcm.PCM, frames int64) {
	one := (p.settling() + p.options.Periods) * p.seq.Len()
	return p.record, int64(len(p.channels()) * one)
}

// OnHeard sets what Run calls with all that it records, from another goroutine.
func (p *Probe) OnHeard(f func(frames []byte)) { p.heard = f }

// channels returns those to play on, from 0.
func (p *Probe) channels() (all []int) {
	if p.options.Channel > 0 {
		return []int{p.options.Channel - 1}
	}
	for c := range p.play.Format().Channels {
		all = append(all, c)
	}
	return all
}

// settling returns how many periods of the sequence are played before the window: what comes back must be there,
// and the window must be known before its first frame is recorded.
func (p *Probe) settling() int {
	quarter := p.play.Format().Rate / 4
	return max(1, (quarter+p.seq.Len()-1)/p.seq.Len())
}

// Report is what Run found.
type Report struct {
	Play         string       `json:"play"`
	Record       string       `json:"record"`
	Order        int          `json:"order"`   // of the sequence
	Periods      int          `json:"periods"` // of it that were compared
	PlayFormat   audio.Format `json:"play_format"`
	RecordFormat audio.Format `json:"record_format"` // of the same rate
	SameClock    bool         `json:"same_clock"`    // one engine moves the frames of both ends
	PlayDelay    int          `json:"play_delay_frames"`
	RecordDelay  int          `json:"record_delay_frames"` // both as the devices say
	Channels     []Channel    `json:"channels"`            // by channel that was played
}

// Channel is the path of a channel that was played to where it came back loudest.
type Channel struct {
	Play   int `json:"play_channel"` // from 1
	Record int `json:"record_channel"`
	measure.Path
	Milliseconds float64 `json:"latency_ms"`
	Begin        float64 `json:"-"` // the latency, in frames, of the first value of the response
}

// Run measures all channels. ErrTimedOut: no frames move. ErrReset: an end has ended. ErrInterrupted: ctx has.
// Anything else: the programs or devices lost frames in every attempt.
func (p *Probe) Run(ctx context.Context) (*Report, error) {
	running, stop := context.WithCancelCause(ctx)
	r := &run{
		Probe: p, player: newPlayer(p.play, p.seq, p.options.Amplitude), recorder: newRecorder(p.record, p.heard),
		watcher: newWatcher(p.play, p.record), same: true,
	}
	var all sync.WaitGroup
	for _, f := range []func(context.Context) error{r.player.run, r.recorder.run, r.watcher.run} {
		all.Go(func() {
			if err := f(running); err != nil {
				stop(err)
			}
		})
	}
	report, err := r.all(running)
	if cause := context.Cause(running); err != nil && cause != nil && ctx.Err() == nil {
		err = cause
	}
	stop(context.Canceled)
	all.Wait()
	if ctx.Err() != nil {
		return nil, audio.ErrInterrupted.With("stopped before there was a result")
	}
	return report, err
}

// errDisturbed is the reason for another attempt.
var errDisturbed = audio.ErrXrun.With("frames were lost while it was measured, again and again: is the machine too busy?")

// Limits of waiting.
const (
	attempts = 5
	patience = 5 * time.Second // for frames to move
	look     = 10 * time.Millisecond
)
