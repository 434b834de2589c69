package probe

import (
	"context"
	"errors"
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

// Options say what to measure.
type Options struct {
	Socket       string
	Play, Record End
	Order        int     // of the sequence
	Periods      int     // of it that are compared, 1 or more
	Amplitude    float64 // of what is played; 1 is full scale
	Channel      int     // to play on, from 1; 0: one after the other
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

// Open opens both ends, a server end first, and asks for one rate. It returns the errors of client.Open, and
// ErrInvalid for an order or a channel that does not exist.
func Open(ctx context.Context, o Options) (*Probe, error) {
	seq, err := measure.New(o.Order)
	if err != nil {
		return nil, err
	}
	p := &Probe{options: o, seq: seq, heard: func([]byte) {}}
	playFirst := o.Record.Role != pcm.Server
	rate := 0
	for _, play := range []bool{playFirst, !playFirst} {
		if play {
			p.play, err = client.Open(ctx, o.Socket, o.Play.Name, pcm.Options{
				Role: o.Play.Role, Direction: pcm.Write, Format: audio.Format{Rate: rate},
			})
		} else {
			p.record, err = client.Open(ctx, o.Socket, o.Record.Name, pcm.Options{
				Role: o.Record.Role, Direction: pcm.Read, Format: audio.Format{Rate: rate}, Buffer: recordBuffer,
			})
		}
		if err != nil {
			p.Close()
			return nil, err
		}
		if play {
			rate = p.play.Format().Rate
		} else {
			rate = p.record.Format().Rate
		}
	}
	if n := p.play.Format().Channels; o.Channel < 0 || o.Channel > n {
		p.Close()
		return nil, audio.ErrInvalid.With("%s has no channel %d; use 1..%d", o.Play.Name, o.Channel, n)
	}
	return p, nil
}

// Close gives both ends back at once.
func (p *Probe) Close() {
	for _, end := range []*pcm.PCM{p.play, p.record} {
		if end != nil {
			end.Abandon()
		}
	}
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
var errDisturbed = errors.New("frames were lost while it was measured, again and again: is the machine too busy?")

// Limits of waiting.
const (
	attempts = 5
	patience = 5 * time.Second // for frames to move
	look     = 10 * time.Millisecond
)
