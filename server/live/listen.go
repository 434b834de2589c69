package live

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// stream is an ear whose sound somebody fetches.
type stream struct {
	first, second int // channels, from 0

	wake   bell
	mu     sync.Mutex
	f      audio.Format // of the frames below
	begun  bool         // f is news
	frames []byte       // S16LE, stereo
}

// behind is how much sound a listener may be late. Then it loses what is older.
const behind = time.Second

// Begin implements tap.Ear.
func (s *stream) Begin(f audio.Format) {
	s.mu.Lock()
	s.f, s.begun, s.frames = f, true, nil
	s.mu.Unlock()
	s.wake.ring()
}

// Hear implements tap.Ear.
func (s *stream) Hear(frames []float32, _ int) {
	s.mu.Lock()
	n := s.f.Channels
	first, second := min(s.first, n-1), min(s.second, n-1)
	for ; len(frames) >= n; frames = frames[n:] {
		s.frames = binary.LittleEndian.AppendUint16(s.frames, s16(frames[first]))
		s.frames = binary.LittleEndian.AppendUint16(s.frames, s16(frames[second]))
	}
	if room := 4 * int(time.Duration(s.f.Rate)*behind/time.Second); len(s.frames) > room {
		s.frames = s.frames[len(s.frames)-room:]
	}
	s.mu.Unlock()
	s.wake.ring()
}

// s16 rounds a sample, full scale ±1.
func s16(x float32) uint16 {
	return uint16(int16(math.RoundToEven(float64(min(max(x*32768, -32768), 32767)))))
}

// take returns what there is.
func (s *stream) take() (head *api.ListenFormat, frames []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun {
		s.begun = false
		head = &api.ListenFormat{Rate: s.f.Rate, Channels: s.f.Channels}
	}
	frames, s.frames = s.frames, nil
	return head, frames
}

// Listen answers GET /v1/listen/PLACE with a WebSocket of what is heard at a place: a text of api.ListenFormat, and another one when
// it changes; between them, binary frames of two channels, S16LE, at the level of the place.
func Listen(hub *tap.Hub, quit <-chan struct{}, p tap.Place, channels [2]int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		ctx, cancel := context.WithCancel(c.CloseRead(r.Context()))
		defer cancel()
		s := &stream{first: channels[0], second: channels[1], wake: newBell()}
		l := hub.Listen(p, s)
		defer l.Close()
		for {
			select {
			case <-s.wake:
			case <-quit:
				c.Close(websocket.StatusGoingAway, "the daemon stops")
				return
			case <-ctx.Done():
				return
			case <-time.After(quietAfter):
				if !within(ctx, c.Ping) {
					return
				}
			}
			if !s.send(ctx, c) {
				return
			}
		}
	}
}

// send reports whether the listener took what there is.
func (s *stream) send(ctx context.Context, c *websocket.Conn) bool {
	head, frames := s.take()
	if head != nil {
		text, _ := json.Marshal(head) // of two numbers
		if !within(ctx, func(ctx context.Context) error { return c.Write(ctx, websocket.MessageText, text) }) {
			return false
		}
	}
	return len(frames) == 0 ||
		within(ctx, func(ctx context.Context) error { return c.Write(ctx, websocket.MessageBinary, frames) })
}

// within reports whether do succeeds before patience ends.
func within(ctx context.Context, do func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	return do(ctx) == nil
}
