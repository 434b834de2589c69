package route

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/servo"
)

// Joint is a device made of two: it plays on one, whose clock and format it has, and records from the
// other, which a servo follows.
//
//	record ─▶ engine of its own ─▶ ring ─▶ Bridge ─▶ Read ┐
//	play ◀──────────────────────────────────────── Write ─┴─ Joint, as a backend.Stream
//
// What the stream that plays is able to do the joint is, too. Controls act on the side that they are of.
type Joint struct {
	backend.Stream // plays
	bay            *loop.Patchbay
	recorder       *loop.Engine
	lent           *lent // what the recorder records from
	from           *host
	bridge         *line.Bridge
	status         line.BridgeStatus
	controls       *jointControls // nil: neither has any

	// Owned by the engine.
	clock    *servo.Clock
	estimate servo.Estimate
	position uint64 // of the last tick
	left     int    // frames to be read
	late     bool   // the next tick is the first one after Resume

	wanted  atomic.Bool // the recorder is to run
	changed chan struct{}
	ended   sync.WaitGroup
	closing chan struct{}
	once    sync.Once
}

// JointOptions are the options of NewJoint.
type JointOptions struct {
	Name    string        // of the device
	Latency time.Duration // from the one to the other; 0: the least that is possible
	Quality resample.Quality
	Thread  func() // called on the thread that records; may be nil
}

// NewJoint returns a stream that plays on one open stream and records from another. It owns both, and closes
// them; after an error the caller still does. ErrInvalid: one of them has not the direction, or the latency is
// too low.
func NewJoint(play, record backend.Stream, o JointOptions) (*Joint, error) {
	if !play.Granted().Play || !record.Granted().Record {
		return nil, audio.ErrInvalid.With("%s: one card must play, and the other record", o.Name)
	}
	j := &Joint{
		Stream: play, bay: loop.NewPatchbay(), changed: make(chan struct{}, 1), closing: make(chan struct{}),
		clock: servo.NewClock(float64(play.Granted().Format.Rate)),
	}
	j.lent = &lent{Stream: record, ControlFeed: backend.NewControlFeed()}
	var err error
	if j.recorder, err = loop.NewEngineWith(o.Name, j.lent, loop.EngineOptions{Thread: o.Thread}); err != nil {
		return nil, err
	}
	if err := j.open(o); err != nil {
		j.bay.Close()
		_ = j.recorder.Close()
		return nil, err
	}
	j.lent.owned.Store(true)
	j.controls = newJointControls(play, record)
	j.ended.Go(j.follow)
	return j, nil
}

// lent is the stream that records, as its engine sees it: without its controls, which are the joint's, and
// not to be closed before the joint owns it.
type lent struct {
	backend.Stream
	*backend.ControlFeed
	owned atomic.Bool
	held  atomic.Pointer[holding] // nil: the engine goes on
}

// Unwrap implements backend.Wrapper.
func (l *lent) Unwrap() backend.Stream { return l.Stream }

// Controls implements backend.Controller.
func (l *lent) Controls() backend.Controls { return nil }

// Close implements backend.Stream.
func (l *lent) Close() error {
	l.ControlFeed.Close()
	if l.owned.Load() {
		return l.Stream.Close()
	}
	return l.Stream.Stop()
}

// open opens the end that is read.
func (j *Joint) open(o JointOptions) error {
	if err := j.bay.AddDevice(j.recorder); err != nil {
		return err
	}
	granted := j.Stream.Granted()
	spec := Spec{Name: o.Name, Latency: o.Latency, Drift: Resample, Quality: o.Quality}
	p, err := newPlan(&spec, j.recorder, fixed{o.Name, granted})
	if err != nil {
		return err
	}
	h := &host{Local: loop.NewLocal()}
	h.end, err = j.bay.Attach(context.Background(), j.recorder.Name()+"/"+audio.Record.String(), pcm.Options{
		Role: pcm.Client, Direction: pcm.Read, Period: p.period(j.recorder), Buffer: p.buffer(j.recorder),
		Holder: pcm.Holder{Program: "device " + o.Name},
	}, h)
	if err != nil {
		return err
	}
	j.from = h
	j.bridge, err = line.NewBridge(line.BridgeOptions{
		From: &h.end.End, To: granted.Format, Clock: j.recorder.Clock(), Latency: p.frames(j.recorder), Ahead: granted.Period,
		Convert: convert.Options{Quality: o.Quality}, Setting: mixer.Neutral(), Status: &j.status,
	})
	return err
}

// fixed is a device whose period the joint does not change.
type fixed struct {
	name    string
	granted backend.Config
}

func (f fixed) Name() string            { return f.name }
func (f fixed) Granted() backend.Config { return f.granted }
func (f fixed) Period(int) int          { return f.granted.Period }

// Unwrap implements backend.Wrapper.
func (j *Joint) Unwrap() backend.Stream { return j.Stream }

// Granted implements backend.Stream.
func (j *Joint) Granted() backend.Config {
	c := j.Stream.Granted()
	c.Record = true
	return c
}

// Status returns how the bridge between the two goes.
func (j *Joint) Status() *line.BridgeStatus { return &j.status }

// Start implements backend.Stream.
func (j *Joint) Start() error {
	j.lent.release()
	j.position, j.left, j.late = 0, 0, false
	j.clock.Reset()
	j.want(true)
	return j.Stream.Start()
}

// Stop implements backend.Stream.
func (j *Joint) Stop() error {
	j.lent.release()
	j.want(false)
	return j.Stream.Stop()
}

// want starts or stops the recorder, on another goroutine: the engine never waits for it.
func (j *Joint) want(runs bool) {
	j.wanted.Store(runs)
	select {
	case j.changed <- struct{}{}:
	default:
	}
}

// follow starts and stops the recorder.
func (j *Joint) follow() {
	for {
		select {
		case <-j.changed:
		case <-j.closing:
			return
		}
		if j.wanted.Load() {
			_ = j.from.end.Start() // it fails with the device, which the recorder's stand-in prevents
		} else {
			_ = j.from.end.Halt(context.Background())
		}
	}
}

// Wait implements backend.Stream. As many frames are recorded as are played.
func (j *Joint) Wait() (backend.Tick, error) {
	j.lent.release()
	t, err := j.Stream.Wait()
	if err != nil {
		return t, err
	}
	due := int(t.Position - j.position)
	if j.late && due > 0 {
		due = j.catchUp(&t, due)
	}
	if j.position = t.Position; due > 0 {
		j.left = due
		j.steer(t, due)
	}
	t.Readable = j.left
	return t, nil
}

func (j *Joint) steer(t backend.Tick, due int) {
	if !t.Freewheel {
		j.clock.Observe(int64(t.Position), t.Time)
		j.estimate = j.clock.Estimate()
	}
	rate := uint64(j.Stream.Granted().Format.Rate)
	j.bridge.Steer(line.SinkCycle{Due: due, Position: t.Position, Rate: rate, Time: t.Time, Clock: &j.estimate})
	j.bridge.Publish(due)
}

// Read implements backend.Stream.
func (j *Joint) Read(block []byte) (frames int, err error) {
	size := j.Stream.Granted().Format.FrameBytes()
	frames = len(block) / size
	if frames > j.left {
		return 0, audio.ErrInvalid.With("%d frames are read, and there are %d", frames, j.left)
	}
	j.left -= frames
	for len(block) > 0 {
		part := min(len(block), line.BridgeBlock*size)
		j.bridge.Read(block[:part])
		block = block[part:]
	}
	return frames, nil
}

// Delay implements backend.Delayer.
func (j *Joint) Delay() (play, record int) {
	if d, ok := backend.As[backend.Delayer](j.Stream); ok {
		play, _ = d.Delay()
	}
	if s, ok := j.status.Servo(); ok {
		record = int(s.Latency * float64(j.Stream.Granted().Format.Rate) / float64(j.recorder.Granted().Format.Rate))
	}
	return play, record + j.from.end.Ring.Delay()
}

// Close implements backend.Stream.
func (j *Joint) Close() (err error) {
	j.once.Do(func() {
		j.lent.release()
		close(j.closing)
		j.ended.Wait()
		j.from.end.Abandon()
		j.bay.Close()
		j.controls.end()
		err = errors.Join(j.recorder.Close(), j.Stream.Close())
	})
	return err
}
