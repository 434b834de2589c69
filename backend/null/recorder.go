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

// Sink gets what a null device plays. The engine's goroutine makes all calls.
type Sink interface {
	// Play takes whole frames of the device's format. It must not block or allocate;
	// block is the caller's again on return.
	Play(block []byte)
	// Room is how many frames Play takes without losing any. A freewheeling clock
	// waits for it. It must not block or allocate.
	Room() int
	// Flush says that nothing will be played for a while. It must not block.
	Flush()
	// Close is the last call, and may block shortly.
	Close() error
}

// Recorder is a Sink that keeps what is played as a WAV file, without ever waiting
// for a disk: Play copies into memory for recorderSeconds, from which a goroutine
// writes. What the disk cannot take in time, or at all, is missing in the file, and
// counted.
//
//	call                     caller            may block        may allocate
//	Play, Room               engine            no               no
//	Flush                    engine            no               no
//	Close                    engine            up to 10 s       yes
//	Dropped, Reports         any goroutine     no               no
//
// The file is a valid one however the program ends: see wav.Writer.
type Recorder struct {
	w     io.WriteCloser // the writer goroutine's,
	wav   *wav.Writer    // as is this
	frame int            // bytes
	batch uint64         // bytes worth a wake-up

	memory  []byte        // whole frames
	played  atomic.Uint64 // bytes ever copied into memory; set by Play
	kept    atomic.Uint64 // bytes ever taken out; set by the writer
	dropped atomic.Uint64 // frames
	failed  atomic.Bool
	flush   atomic.Bool

	kick chan struct{} // wakes the writer
	quit chan struct{} // closed by Close
	once sync.Once
	done chan struct{} // closed when the writer has left
	err  error         // of the file; read it after done

	mu      sync.Mutex // of reports, never taken by Play
	ended   bool
	reports chan error
}

const (
	recorderSeconds  = 4
	recorderBytes    = 256 << 20        // at most, but a second at least: the longest period
	recorderPatience = 10 * time.Second // of Close, with a disk that does not answer
)

// NewRecorder writes the header for frames of format f to w, and starts the
// goroutine that writes the rest, until Close. It owns w from then on and closes it;
// a failed NewRecorder leaves w open. To be a valid file at any time, w must be able
// to seek, as an *os.File. audio.ErrInvalid: no WAV file can have that format.
func NewRecorder(w io.WriteCloser, f audio.Format) (*Recorder, error) {
	wav, err := wav.NewWriter(w, f)
	if err != nil {
		return nil, err
	}
	frames := max(f.Rate, min(recorderSeconds*f.Rate, recorderBytes/f.FrameBytes()))
	r := &Recorder{
		w: w, wav: wav, frame: f.FrameBytes(), batch: uint64(f.Rate/4) * uint64(f.FrameBytes()),
		memory: make([]byte, frames*f.FrameBytes()),
		kick:   make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		reports: make(chan error, 3), // all that are ever sent
	}
	f.Encoding.Silence(r.memory) // so that Play meets no page fault
	go r.run()
	return r, nil
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

// Flush implements Sink: what was played goes to the file now, and into its header.
func (r *Recorder) Flush() {
	r.flush.Store(true)
	r.wake()
}

func (r *Recorder) pending() uint64 { return r.played.Load() - r.kept.Load() }

func (r *Recorder) wake() {
	select {
	case r.kick <- struct{}{}:
	default: // it is awake already
	}
}

// Dropped is how many of the frames that were played are not in the file, and will
// not be.
func (r *Recorder) Dropped() uint64 { return r.dropped.Load() }

// Reports implements backend.Reporter: the first frame that was dropped, a file that
// can be written no further, and how many frames are missing at the end, once each.
func (r *Recorder) Reports() <-chan error { return r.reports }

// Close writes what is left, completes the file and closes it. It returns the error
// that ended the file, if any. A disk that does not answer is left alone after 10 s,
// with audio.ErrIO; the goroutine then ends whenever it answers.
func (r *Recorder) Close() error {
	r.once.Do(func() { close(r.quit) })
	timeout := time.NewTimer(recorderPatience)
	defer timeout.Stop()
	select {
	case <-r.done:
		return r.err
	case <-timeout.C:
		r.end()
		return audio.ErrIO.With("the output file takes no more: %d frames are not in it", r.pending()/uint64(r.frame)+r.Dropped())
	}
}

// run is the writer goroutine.
func (r *Recorder) run() {
	defer close(r.done)
	defer r.end()
	slow := false // reported
	for open := true; open; {
		select {
		case <-r.kick:
		case <-r.quit:
			open = false
		}
		flush := r.flush.Swap(false)
		for more := true; more; more = r.pending() > 0 {
			r.drain()
			if !slow && !r.failed.Load() && r.Dropped() > 0 {
				slow = true
				r.report(audio.ErrIO.With("the output file is written too slowly: frames are left out, %d so far", r.Dropped()))
			}
		}
		if flush && !r.failed.Load() {
			r.fail(r.wav.Sync())
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

// drain writes the next frames that lie in one piece, if any, at most a batch.
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
