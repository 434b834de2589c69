package record

import (
	"fmt"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// State is what a recorder does.
type State string

// The states; the package comment draws them.
const (
	Stopped   State = "stopped"
	Armed     State = "armed"     // it waits for its trigger
	Recording State = "recording" // frames come, and are written
	Waiting   State = "waiting"   // there is nothing to hear
	Failing   State = "failing"   // the disk does not take what is heard; it is tried again
)

// States returns all states.
func States() []State { return []State{Stopped, Armed, Recording, Waiting, Failing} }

// Status is a recorder as seen from outside, at one moment. Counts are since the recorder was added.
type Status struct {
	Spec
	State State
	// Error says why it is Failing, or why there is nothing to hear; nil: nothing is wrong.
	Error    error
	Format   audio.Format  // of the frames that are written; no channels: not known yet
	File     string        // that is being written; "": none
	Position int64         // frames in it
	Since    time.Time     // when it began; by the monotonic clock
	Frames   uint64        // written
	Bytes    uint64        // of all segments
	Segments uint64        // begun
	Gaps     uint64        // times that frames were lost
	Missing  uint64        // frames that were lost
	Silent   uint64        // of these, and while there was nothing to hear, frames of silence that were written
	Removed  uint64        // segments that were removed for Keep
	Waits    uint64        // frames that are not yet in a file
	Room     uint64        // frames that can wait, pre-roll included
	Memory   uint64        // bytes that Room takes
	Free     uint64        // bytes for files in the folder; 0: not known
	Lasts    time.Duration // how long Free lasts at the rate of this recorder alone; 0: not known

	hears    bool // an end is open and frames come
	problem  error
	nothing  error
	segBytes uint64 // of the segment that is being written
}

// Status returns the status.
func (r *Recorder) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statusLocked()
}

func (r *Recorder) statusLocked() Status {
	s := r.status
	s.State = r.stateLocked()
	switch s.State {
	case Failing:
		if s.Error = s.problem; s.Error == nil {
			s.Error = audio.ErrIO.With("the disk has not answered for %s", time.Since(r.blocked).Round(time.Second))
		}
	case Waiting, Armed:
		s.Error = s.nothing
	}
	s.Missing += r.queue.missing()
	s.Waits, s.Room = r.queue.waits()
	s.Memory = s.Room * uint64(s.Format.FrameBytes())
	s.Bytes += s.segBytes
	if rate := s.bytesPerSecond(); rate > 0 && s.Free > 0 {
		s.Lasts = time.Duration(float64(s.Free)/rate) * time.Second
	}
	return s
}

// bytesPerSecond returns what a second of sound takes on the disk: as it was so far.
func (s *Status) bytesPerSecond() float64 {
	if s.Format.Channels == 0 {
		return 0
	}
	if s.Spec.Format == FLAC && s.Frames > uint64(s.Format.Rate) {
		return float64(s.Bytes) / float64(s.Frames) * float64(s.Format.Rate)
	}
	return float64(s.Format.FrameBytes() * s.Format.Rate)
}

// stuck is how long a disk may take for one request until that is a failure.
const stuck = 5 * time.Second

func (r *Recorder) stateLocked() State {
	s := &r.status
	switch {
	case !r.order.On:
		return Stopped
	case s.problem != nil, !r.blocked.IsZero() && time.Since(r.blocked) >= stuck:
		return Failing
	case !r.order.records(&r.spec):
		return Armed
	case s.hears:
		return Recording
	}
	return Waiting
}

// sentence says for people what the recorder does.
func (s *Status) sentence() string {
	switch {
	case s.State == Failing:
		return fmt.Sprintf("fails, and tries again: %v", s.Error)
	case s.State == Waiting && s.Error != nil:
		return fmt.Sprintf("waits for something to hear: %v", s.Error)
	case s.State == Waiting:
		return "waits for something to hear"
	case s.State == Armed:
		return "waits for its trigger " + s.Trigger
	case s.State == Recording && s.File != "":
		return "records " + s.File
	}
	return string(s.State)
}
