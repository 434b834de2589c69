package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// exchange is a daemon with the loops of two telephones.
type exchange struct {
	*testing.T
	socket string
	daemon *servertest.Daemon
}

func newExchange(t *testing.T, policy loop.Policy) *exchange {
	var loops []loop.Spec
	for _, name := range []string{"a-out", "a-in", "b-out", "b-in"} {
		loops = append(loops, loop.Spec{Name: name, OnClientClose: policy})
	}
	d := servertest.Start(t, servertest.Options{Loops: loops, ProgramsOnly: true})
	return &exchange{t, d.Path, d}
}

// phone is the program.
type phone struct {
	*exchange
	name  string
	uri   string
	typed *io.PipeWriter
	stop  context.CancelFunc
	ended chan struct{}
	err   error // valid after ended

	mu      sync.Mutex
	printed strings.Builder
}

func (p *phone) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.Write(text)
}

func (p *phone) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.String()
}

// phone starts the program on the loops of a name. It ends with the test.
func (e *exchange) phone(name string, args ...string) *phone {
	e.Helper()
	ctx, stop := context.WithCancel(servertest.Guard(e.T))
	read, typed := io.Pipe()
	p := &phone{exchange: e, name: name, typed: typed, stop: stop, ended: make(chan struct{})}
	args = append([]string{"-socket", e.socket, "-out", name + "-out", "-in", name + "-in", "-listen", "127.0.0.1:0", "-user", name}, args...)
	go func() {
		defer close(p.ended)
		p.err = run(ctx, args, read, p)
	}()
	e.Cleanup(func() {
		p.hangs()
		typed.Close()
	})
	p.uri = p.until(`listening at (\S+)`)[1]
	return p
}

// hangs ends the program, and returns what it returned.
func (p *phone) hangs() error {
	p.stop()
	<-p.ended
	return p.err
}

// until waits until the program has printed something, and returns what matched.
func (p *phone) until(pattern string) []string {
	p.Helper()
	sought := regexp.MustCompile(pattern)
	var found []string
	over := false
	servertest.Until(p.T, p.name+" to print "+pattern, func() bool {
		found = sought.FindStringSubmatch(p.text())
		select {
		case <-p.ended:
			over = true
		default:
		}
		return found != nil || over
	})
	if found == nil {
		p.Fatalf("%s ended with %v before it printed %q:\n%s", p.name, p.err, pattern, p.text())
	}
	return found
}

// types is what a person types in.
func (p *phone) types(line string) {
	p.Helper()
	if _, err := io.WriteString(p.typed, line+"\n"); err != nil {
		p.Fatal(err)
	}
}

// open opens a client end, which waits for its server.
func (e *exchange) open(name string, direction audio.Direction, rate int) *pcm.PCM {
	e.Helper()
	end, err := client.Open(servertest.Guard(e.T), e.socket, name, pcm.Options{
		Role: pcm.Client, Direction: direction, Wait: pcm.Forever,
		Format: audio.Format{Rate: rate, Channels: 1, Encoding: audio.FloatLE},
	})
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(end.Abandon)
	return end
}

// plays plays a tone until the end of the stream, which is told with its error, or for a number of seconds.
func (e *exchange) plays(end *pcm.PCM, hz, amplitude, seconds float64) <-chan error {
	rate := float64(end.Format().Rate)
	ended := make(chan error, 1)
	ctx := servertest.Guard(e.T)
	go func() {
		block := make([]byte, 0, 4*end.Format().Rate/50)
		for i := 0; float64(i) < seconds*rate; {
			for block = block[:0]; len(block) < cap(block); i++ {
				v := amplitude * math.Sin(2*math.Pi*hz*float64(i)/rate)
				block = binary.LittleEndian.AppendUint32(block, math.Float32bits(float32(v)))
			}
			if _, err := end.Write(ctx, block); err != nil {
				ended <- err
				return
			}
		}
		ended <- end.Close(ctx)
	}()
	return ended
}

// Where a tone is sought: windows of 50 ms, of which so many have it, within half a minute. A machine that is busy makes gaps.
const (
	window  = 400
	enough  = 10
	atMost  = 30 * 8000
	forever = 1e9
)

// hears reads 8000 Hz until a tone was there, undisturbed, in enough windows.
func (e *exchange) hears(end *pcm.PCM, hz, amplitude float64) {
	e.Helper()
	good, best := 0, ""
	for frames := 0; frames < atMost && good < enough; frames += window {
		samples, err := readFloats(servertest.Guard(e.T), end, window)
		if err != nil {
			e.Fatalf("after %d frames without a tone of %.0f Hz: %v", frames, hz, err)
		}
		if isTone(samples, hz, amplitude) {
			good++
		}
		if level, rest := toneIn(samples, hz); level > 0 {
			best = fmt.Sprintf("%.1f dBFS, all else %.1f dB", 20*math.Log10(level), 20*math.Log10(rest))
		}
	}
	if good < enough {
		e.Fatalf("no tone of %.0f Hz at %.1f dBFS was heard; at the end %s", hz, 20*math.Log10(amplitude), best)
	}
}

// readFloats reads so many frames of one channel of floats.
func readFloats(ctx context.Context, end *pcm.PCM, frames int) ([]float64, error) {
	raw := make([]byte, 4*frames)
	if n, err := end.Read(ctx, raw); err != nil || n < frames {
		return nil, errors.Join(err, errors.New("the stream ended"))
	}
	samples := make([]float64, frames)
	for i := range samples {
		samples[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return samples, nil
}

// toneIn returns the amplitude of a frequency in samples of 8000 Hz, and the RMS of all else.
func toneIn(samples []float64, hz float64) (amplitude, rest float64) {
	var re, im, energy float64
	n := float64(len(samples))
	for i, v := range samples {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 8000)
		re, im, energy = re+v*cos, im+v*sin, energy+v*v
	}
	amplitude = 2 / n * math.Hypot(re, im)
	return amplitude, math.Sqrt(max(0, energy/n-amplitude*amplitude/2))
}

// isOver reads what is left, until the end of the stream.
func (e *exchange) isOver(end *pcm.PCM) {
	e.Helper()
	for {
		if _, err := readFloats(servertest.Guard(e.T), end, window); err != nil {
			_, err = readFloats(servertest.Guard(e.T), end, window)
			servertest.Is(e.T, err, audio.ErrReset)
			return
		}
	}
}

// hearsSilence reads until enough windows were silent, and none of it put there by the loop because its server wrote nothing.
func (e *exchange) hearsSilence(end *pcm.PCM) {
	e.Helper()
	late := e.daemon.Status(end.Name()).Server.XrunFrames
	for frames, silent := 0, 0; silent < enough; frames += window {
		samples, err := readFloats(servertest.Guard(e.T), end, window)
		if err != nil || frames > atMost {
			e.Fatalf("after %d frames without silence: %v", frames, err)
		}
		before := late
		late = e.daemon.Status(end.Name()).Server.XrunFrames
		if late == before && !slices.ContainsFunc(samples, func(v float64) bool { return v != 0 }) {
			silent++
		}
	}
}

// isTone reports whether samples are a tone, and little else: G.711 adds noise 36 dB below it.
func isTone(samples []float64, hz, amplitude float64) bool {
	level, rest := toneIn(samples, hz)
	return math.Abs(20*math.Log10(level/amplitude)) <= 0.2 && rest <= level/20
}
