package null

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// Sink receives what a null device plays. The engine's goroutine makes all calls.
type Sink interface {
	// Play takes whole frames of the device's format. It must not block, allocate or keep block.
	Play(block []byte)
	// Room returns how many frames Play takes without losing any. A freewheeling clock waits for it. It must
	// not block or allocate.
	Room() int
	// Flush says that nothing more will be played for now. It must not block.
	Flush()
	// Close is the last call, and may block briefly.
	Close() error
}

// Recorder is a Sink that keeps what is played as a WAV file, without ever waiting for a disk: Play
// copies into a memory of recorderSeconds, from which a goroutine writes. Frames the disk cannot
// take are missing in the file, and counted.
//
//	call                     caller            may block        may allocate
//	Play, Room               engine            no               no
//	Flush                    engine            no               no
//	Close                    engine            up to 10 s       yes
//	Dropped, Reports         any goroutine     no               no
//
// The file is valid however the program ends: see wav.Writer.
type Recorder struct {
	w     io.WriteCloser // owned by the writer goroutine
	wav   *wav.Writer    // owned by the writer goroutine
	frame int            // bytes
	batch uint64         // bytes that are worth a wake-up

	memory  []byte        // whole frames
	played  atomic.Uint64 // bytes ever copied into memory; set by Play
	kept    atomic.Uint64 // bytes ever taken out; set by the writer
	dropped atomic.Uint64 // frames
	failed  atomic.Bool
	flush   atomic.Bool

	kick  chan struct{}    // wakes the writer
	asked chan chan<- kept // by HandOver: what is kept when all is written
	quit  chan struct{}    // closed by Close
	once  sync.Once
	done  chan struct{} // closed when the writer ends
	err   error         // of the file; valid after done
	slow  bool          // reported; owned by the writer

	mu      sync.Mutex // guards reports; Play never takes it
	ended   bool
	reports chan error
}

const (
	recorderSeconds  = 4
	recorderBytes    = 256 << 20        // at most; but at least a second, the longest period
	recorderPatience = 10 * time.Second // of Close with a disk that does not answer
)

// NewRecorder writes the header for frames of format f to w, and starts a goroutine that writes the
// rest, until Close. The Recorder closes w; after an error w stays open. If w can seek, like an
// *os.File, the file is valid at any time. audio.ErrInvalid: no WAV file can have that format.
func NewRecorder(w io.WriteCloser, f audio.Format) (*Recorder, error) {
	wav, err := wav.NewWriter(w, f)
	if err != nil {
		return nil, err
	}
	r := recorderOf(w, wav)
	go r.run()
	return r, nil
}

// recorderOf returns a Recorder whose writer does not yet run.
func recorderOf(w io.WriteCloser, wav *wav.Writer) *Recorder {
	f := wav.Format()
	frames := max(f.Rate, min(recorderSeconds*f.Rate, recorderBytes/f.FrameBytes()))
	r := &Recorder{
		w: w, wav: wav, frame: f.FrameBytes(), batch: uint64(f.Rate/4) * uint64(f.FrameBytes()),
		memory: make([]byte, frames*f.FrameBytes()),
		kick:   make(chan struct{}, 1), asked: make(chan chan<- kept), quit: make(chan struct{}), done: make(chan struct{}),
		reports: make(chan error, 3), // there are no more
	}
	f.Encoding.Silence(r.memory) // so that Play causes no page fault
	return r
}

// Play implements Sink.
func (r *Recorder) Play(block []byte) {
	n := min(len(block), r.Room()*r.frame)
	if r.failed.Load() {
		n = 0
	}
	if n < len(block) {
		r.dropped.Add(uint64((len(block) - n) / r.frame))
	}
	played := r.played.Load()
	at := int(played % uint64(len(r.memory)))
	first := copy(r.memory[at:], block[:n])
	copy(r.memory, block[first:n])
	r.played.Store(played + uint64(n))
	if r.pending() >= r.batch {
		r.wake()
	}
}

// Room implements Sink. After the file has failed there is always room.
func (r *Recorder) Room() int {
	if r.failed.Load() {
		return len(r.memory) / r.frame
	}
	return (len(r.memory) - int(r.pending())) / r.frame
}

// Flush implements Sink: it writes what was played to the file, and updates its header.
func (r *Recorder) Flush() {
	r.flush.Store(true)
	r.wake()
}

func (r *Recorder) pending() uint64 { return r.played.Load() - r.kept.Load() }

func (r *Recorder) wake() {
	select {
	case r.kick <- struct{}{}:
	default: // it is awake
	}
}

// Dropped returns how many played frames are missing in the file for good.
func (r *Recorder) Dropped() uint64 { return r.dropped.Load() }

// Reports implements backend.Reporter: once each, the first dropped frame, an error that ends the
// file, and how many frames are missing at the end.
func (r *Recorder) Reports() <-chan error { return r.reports }

// Close writes what is left, completes the file and closes it. It returns the error that ended the
// file, if any. If the disk does not answer it returns audio.ErrIO after 10 s; the goroutine ends
// when the disk answers.
func (r *Recorder) Close() error {
	r.once.Do(func() { close(r.quit) })
	timeout := time.NewTimer(recorderPatience)
	defer timeout.Stop()
	select {
	case <-r.done:
		return r.err
	case <-timeout.C:
		r.end()
		missing := r.pending()/uint64(r.frame) + r.Dropped()
		return audio.ErrIO.With("the output file takes no more: %d frames are not in it", missing)
	}
}

// run is the writer goroutine.
func (r *Recorder) run() {
	defer close(r.done)
	defer r.end()
	for open := true; open; {
		var asks chan<- kept
		select {
		case <-r.kick:
		case asks = <-r.asked:
			r.flush.Store(true)
		case <-r.quit:
			open = false
		}
		flush := r.flush.Swap(false)
		for more := true; more; more = r.pending() > 0 {
			r.drain()
			if !r.slow && !r.failed.Load() && r.Dropped() > 0 {
				r.slow = true
				r.report(audio.ErrIO.With("the output file is written too slowly: frames are left out, %d so far",
					r.Dropped()))
			}
		}
		if flush && !r.failed.Load() {
			r.fail(r.wav.Sync())
		}
		if asks != nil {
			asks <- kept{r.wav.Written(), r.Dropped(), r.slow}
		}
	}
	ended := errors.Join(r.wav.Close(), r.w.Close())
	if !r.failed.Load() {
		r.fail(ended)
	}
	if n := r.Dropped(); n > 0 {
		r.report(audio.ErrIO.With("the output file is closed: %d frames are missing, %d are in it", n, r.wav.Frames()))
	}
}

// drain writes the next contiguous frames, at most a batch.
func (r *Recorder) drain() {
	at := r.kept.Load() % uint64(len(r.memory))
	n := min(r.pending(), uint64(len(r.memory))-at, r.batch)
	missing := n / uint64(r.frame)
	if !r.failed.Load() {
		before := r.wav.Frames()
		err := r.wav.WriteFrames(r.memory[at : at+n])
		missing -= uint64(r.wav.Frames() - before)
		r.fail(err)
	}
	r.dropped.Add(missing)
	r.kept.Add(n)
}

// fail ends the file, unless err is nil.
func (r *Recorder) fail(err error) {
	if err != nil {
		r.err = err
		r.failed.Store(true)
		r.report(err)
	}
}

func (r *Recorder) report(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.reports <- err
	}
}

// end closes the reports.
func (r *Recorder) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended = true
		close(r.reports)
	}
}
