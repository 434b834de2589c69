package route

import (
	"errors"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/servo"
)

const jointKind = "joint"

// handedJoint is the state in a backend.Handed. Inside are the stream that plays and, if it can be handed over, the one
// that records.
type handedJoint struct {
	Position uint64           `json:"position"`
	Left     int              `json:"left"`
	Clock    servo.ClockState `json:"clock"` // of the stream that plays
}

// holdPatience is how long HandOver waits for the recorder's engine to end its cycle.
const holdPatience = time.Second

// HandOver implements backend.Heir. The recorder is held until the next Wait, Start, Stop or Close. What is on its way from
// the one device to the other is left behind.
func (j *Joint) HandOver() (backend.Handed, error) {
	h, err := j.handOver()
	if err != nil {
		j.lent.release()
	}
	return h, err
}

func (j *Joint) handOver() (backend.Handed, error) {
	play, err := backend.HandOver(j.Stream)
	if err != nil {
		return backend.Handed{}, err
	}
	h, err := backend.NewHanded(jointKind, handedJoint{Position: j.position, Left: j.left, Clock: j.clock.State()})
	if err != nil {
		return h, err
	}
	h.Inner = []backend.Handed{play}
	h.Running, h.Readable, h.Writable = play.Running, j.left, play.Writable
	if j.recorder.Err() != nil { // its engine has given it up
		return h, nil
	}
	if err := j.lent.hold(holdPatience); err != nil {
		return h, err
	}
	record, err := backend.HandOver(j.lent.Stream)
	switch {
	case errors.Is(err, audio.ErrUnsupported):
		return h, nil // the new program opens it
	case err != nil:
		return h, err
	}
	h.Inner = append(h.Inner, record)
	return h, nil
}

// ResumeJoint returns the joint that h describes, which goes on: see backend.Heir. play resumes the stream that plays, record
// the one that records; it gets nil if that has to be opened. The stream that records is started again, and a new
// bridge fades it in when both clocks are known. After an error both streams are closed.
func ResumeJoint(h backend.Handed, play func(backend.Handed) (backend.Stream, error),
	record func(*backend.Handed) (backend.Stream, error), o JointOptions) (*Joint, error) {
	var at handedJoint
	if err := h.Decode(jointKind, &at, 0, min(max(1, len(h.Inner)), 2)); err != nil {
		return nil, err
	}
	plays, err := play(h.Inner[0])
	if err != nil {
		return nil, err
	}
	if err := at.possible(h, plays.Granted()); err != nil {
		return nil, errors.Join(err, plays.Close())
	}
	var inner *backend.Handed
	if len(h.Inner) > 1 {
		inner = &h.Inner[1]
	}
	records, err := record(inner)
	if err != nil {
		return nil, errors.Join(err, plays.Close())
	}
	if err = records.Stop(); err == nil { // its new engine starts it
		var j *Joint
		if j, err = NewJoint(plays, records, o); err == nil {
			j.clock, j.position, j.left, j.late = servo.RestoreClock(at.Clock), at.Position, at.Left, true
			j.estimate = j.clock.Estimate()
			if h.Running {
				j.want(true)
			}
			return j, nil
		}
	}
	return nil, errors.Join(err, plays.Close(), records.Close())
}

func (at *handedJoint) possible(h backend.Handed, g backend.Config) error {
	switch {
	case h.Running != h.Inner[0].Running || !h.Running && at.Left > 0 || at.Left != h.Readable || h.Writable != h.Inner[0].Writable:
		return h.Damaged("it is not as its streams are")
	case at.Left < 0 || at.Left > g.Period*g.Periods:
		return h.Damaged("%d frames cannot be left to read", at.Left)
	case at.Clock.Nominal != float64(g.Format.Rate):
		return h.Damaged("its clock is one of %v Hz", at.Clock.Nominal)
	}
	return nil
}

// catchUp returns how many frames of the first tick after Resume there are to read: no more than a buffer. The others
// are lost.
func (j *Joint) catchUp(t *backend.Tick, due int) int {
	j.late = false
	g := j.Stream.Granted()
	if n := min(due, g.Period*g.Periods); n < due {
		t.Lost = max(t.Lost, uint64(due-n))
		return n
	}
	return due
}

// holding keeps an engine between two cycles.
type holding struct {
	parked chan struct{} // receives when the engine is
	free   chan struct{} // closed when it may go on
}

// Wait implements backend.Stream.
func (l *lent) Wait() (backend.Tick, error) {
	if h := l.held.Load(); h != nil {
		h.parked <- struct{}{}
		<-h.free
	}
	return l.Stream.Wait()
}

// hold keeps the engine in Wait, until release. A second one does nothing.
func (l *lent) hold(patience time.Duration) error {
	if l.held.Load() != nil {
		return nil
	}
	h := &holding{parked: make(chan struct{}, 1), free: make(chan struct{})}
	l.held.Store(h)
	l.Stream.Wake()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-h.parked:
		return nil
	case <-timeout.C:
		return audio.ErrBusy.With("the device that records does not answer; try again in a moment")
	}
}

// release lets a held engine go on.
func (l *lent) release() {
	if h := l.held.Load(); h != nil {
		l.held.Store(nil)
		close(h.free)
	}
}
