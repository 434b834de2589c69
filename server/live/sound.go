package live

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/tap"
)

// LostHeader is the trailer of Sound that counts frames which the hub has lost; there is silence in their place.
const LostHeader = "Loopbridge-Lost"

// A tape keeps what was not fetched for so long, which is more than three of the longest periods, and not more samples than a
// second of 64 channels has at 48 kHz.
const (
	kept        = 4 * time.Second
	mostSamples = 4 << 20
)

// tape is an ear whose frames somebody fetches, all of them.
type tape struct {
	wake bell

	mu     sync.Mutex
	begun  bool
	ended  bool // there is another format, or nobody fetched it in time
	f      audio.Format
	frames []float32
	lost   uint64
	pause  pause
}

// Begin implements tap.Ear.
func (t *tape) Begin(f audio.Format) {
	t.mu.Lock()
	t.begun, t.ended = true, t.begun
	if !t.ended {
		t.f = f
	}
	t.mu.Unlock()
	t.wake.ring()
}

// Hear implements tap.Ear.
func (t *tape) Hear(frames []float32, lost int) {
	t.mu.Lock()
	t.lost += uint64(lost)
	t.put(lost*t.f.Channels, nil)
	t.put(0, frames)
	t.pause.hear(lost + len(frames)/t.f.Channels)
	t.mu.Unlock()
	t.wake.ring()
}

// Turn implements tap.Turner.
func (t *tape) Turn() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.f.Channels == 0 {
		return
	}
	if n := t.pause.turn(t.f); n > 0 {
		t.put(n*t.f.Channels, nil)
		t.wake.ring()
	}
}

// put appends samples of silence, and frames, unless there are too many then: who fetches them is too late.
func (t *tape) put(silent int, frames []float32) {
	room := min(int(t.f.Frames(kept))*t.f.Channels, mostSamples) - len(t.frames)
	if t.ended = t.ended || silent+len(frames) > room; !t.ended {
		t.frames = append(append(t.frames, make([]float32, silent)...), frames...)
	}
}

// take returns what there is, in the place of what was taken before.
func (t *tape) take(before []float32) (frames []float32, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	frames, t.frames = t.frames, before[:0]
	return frames, t.ended
}

// Sound answers GET /v1/sound/PLACE with a WAV stream of what is heard at a place, all channels as floats, for so long (0: until
// who asks hangs up), or until the place has another format or none. A device that rests is silent.
func Sound(hub *tap.Hub, quit <-chan struct{}, p tap.Place, long time.Duration, refuse func(error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := &tape{wake: newBell()}
		l := hub.Listen(p, t)
		defer l.Close()
		select {
		case <-t.wake:
		case <-quit:
			return
		case <-r.Context().Done():
			return
		}
		t.mu.Lock()
		f := t.f
		t.mu.Unlock()
		if f.Channels == 0 {
			refuse(audio.ErrBusy.With("nothing can be heard at %v for now", p))
			return
		}
		s := &sounding{tape: t, left: -1}
		if long > 0 {
			s.left = max(1, f.Frames(long))
		}
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Trailer", LostHeader)
		s.send(w, r, quit, f)
		t.mu.Lock()
		w.Header().Set(LostHeader, strconv.FormatUint(t.lost, 10))
		t.mu.Unlock()
	}
}

// sounding is a tape on its way.
type sounding struct {
	tape  *tape
	left  int64 // frames; -1: no end
	order audio.Order
	block []byte
}

// send sends frames until there are enough, or the tape or the connection ends.
func (s *sounding) send(w http.ResponseWriter, r *http.Request, quit <-chan struct{}, f audio.Format) {
	out := http.NewResponseController(w)
	f.Encoding, f.Positions = audio.FloatLE, f.Stand()
	in := f
	if f.Positions = wav.FilePositions(in); !f.Positions.Known() {
		f.Positions = in.Positions // a file has no order for them
	}
	s.order = audio.NewOrder(in, f.Positions)
	file, err := wav.NewWriter(w, f)
	if err != nil {
		return
	}
	var frames []float32
	for ended := false; !ended && s.left != 0; {
		select {
		case <-s.tape.wake:
			frames, ended = s.tape.take(frames)
		case <-quit:
			return
		case <-r.Context().Done():
			return
		}
		if out.SetWriteDeadline(time.Now().Add(writePatience)) != nil || file.WriteFrames(s.encoded(frames, f)) != nil || out.Flush() != nil {
			return
		}
	}
}

// encoded returns the frames as in a file, or as many of them as are left to send.
func (s *sounding) encoded(frames []float32, f audio.Format) []byte {
	if n := int64(len(frames) / f.Channels); s.left >= 0 {
		n = min(n, s.left)
		s.left -= n
		frames = frames[:n*int64(f.Channels)]
	}
	if size := len(frames) * f.Encoding.Bytes(); cap(s.block) < size {
		s.block = make([]byte, size)
	}
	block := s.block[:len(frames)*f.Encoding.Bytes()]
	f.Encoding.Encode(block, frames, nil)
	s.order.Apply(block, block)
	return block
}
