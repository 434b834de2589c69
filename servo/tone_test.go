package servo_test

import (
	"math"
	"math/cmplx"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/servo/servotest"
)

const (
	tone      = 997.0 / 48000 // turns in a frame of the source
	amplitude = 0.999
)

// listener is a servo that drives a resampler, which a tone goes through.
type listener struct {
	*servotest.Ours
	resampler *resample.Resampler
	in, out   []float32
	sent      int // frames of the tone
	locked    bool
	shake     float64 // added to the ratio of one cycle, taken from the next

	// What came out since the lock, and the place in the tone of each frame of it.
	heard []float64
	whole []int
	part  []float64
	at    int
	rest  float64
}

func newListener(t *testing.T, s servotest.Scenario) *listener {
	r, err := resample.New(resample.Config{Channels: 1, In: 48000, Out: 48000, Quality: resample.Good, Vary: 0.006})
	if err != nil {
		t.Fatal(err)
	}
	return &listener{Ours: servotest.NewOurs(s), resampler: r, out: make([]float32, 1), in: make([]float32, 1)}
}

// Sink makes the frames of a cycle.
func (l *listener) Sink(frames, at int64, r servotest.Reading) servotest.Decision {
	d := l.Ours.Sink(frames, at, r)
	if d.Silent {
		return d
	}
	l.locked = l.locked || d.Locked
	l.shake = -l.shake
	factor := l.resampler.Adjust(d.Ratio + l.shake)
	for range frames - r.Sink {
		l.frame(factor)
	}
	return d
}

// frame makes one, and notes where in the tone it belongs.
func (l *listener) frame(factor float64) {
	for given := 0; given == 0; {
		l.in[0] = float32(amplitude * math.Sin(turns(l.sent, 0)))
		var taken int
		given, taken = l.resampler.Process(l.out, l.in)
		l.sent += taken
	}
	if l.locked {
		l.heard = append(l.heard, float64(l.out[0]))
		l.whole, l.part = append(l.whole, l.at), append(l.part, l.rest)
	}
	l.rest += factor
	l.at += int(l.rest)
	l.rest -= float64(int(l.rest))
}

// turns returns the phase of the tone at a frame and a part of one, in radians.
func turns(whole int, part float64) float64 {
	t := tone * float64(whole)
	lost := math.FMA(tone, float64(whole), -t)
	return 2 * math.Pi * (t - math.Floor(t) + lost + tone*part)
}

func decibels(power float64) float64 { return 10 * math.Log10(power/(amplitude*amplitude/2)) }

// TestToneThroughAServo: what a servo does to a resampler is not heard.
func TestToneThroughAServo(t *testing.T) {
	if raced {
		t.Skip("the race detector makes it slow, and there is one goroutine")
	}
	s := pair(100, 128, servotest.OneSided, 60*time.Second)
	l := newListener(t, s)
	servotest.Run(s, l, nil)
	if len(l.heard) < 45*48000 {
		t.Fatalf("only %d frames since the lock", len(l.heard))
	}
	tracked, short, long := l.tracked(), l.untracked(4800), l.untracked(10*48000)
	spur, hertz := l.spur()
	t.Logf("residual %.1f dB against the tone at the resampler's places; against a steady tone %.1f dB at the worst "+
		"in 0.1 s, %.1f dB in 10 s; the largest spur %.1f dB at %.0f Hz", tracked, short, long, spur, hertz)
	if tracked > -120 || short > -120 {
		t.Errorf("residual %.1f dB, in 0.1 s %.1f dB, want -120", tracked, short)
	}
	if spur > -130 {
		t.Errorf("a spur of %.1f dB at %.0f Hz", spur, hertz)
	}
}

// TestToneThatIsShaken is seen to fail: half a ppm to and fro in each cycle is heard.
func TestToneThatIsShaken(t *testing.T) {
	if raced {
		t.Skip("the race detector makes it slow, and there is one goroutine")
	}
	l := newListener(t, pair(100, 128, servotest.OneSided, 20*time.Second))
	l.shake = 0.5e-6
	servotest.Run(pair(100, 128, servotest.OneSided, 20*time.Second), l, nil)
	short := l.untracked(4800)
	spur, hertz := l.spur()
	t.Logf("residual %.1f dB, a spur of %.1f dB at %.0f Hz", short, spur, hertz)
	if short < -120 || spur < -130 || math.Abs(hertz-997) > 190 {
		t.Errorf("residual %.1f dB, a spur of %.1f dB at %.0f Hz: it is not seen", short, spur, hertz)
	}
}

// tracked returns the residual against the tone at the places that the ratio leads to: what the
// resampler adds while its ratio moves.
func (l *listener) tracked() float64 {
	var power float64
	for i, x := range l.heard {
		d := x - amplitude*math.Sin(turns(l.whole[i], l.part[i]))
		power += d * d
	}
	return decibels(power / float64(len(l.heard)))
}

// untracked returns the worst residual against a tone of constant frequency and phase, the best for each
// stretch of so many frames: the wander of the ratio is in it.
func (l *listener) untracked(frames int) float64 {
	worst := math.Inf(-1)
	for from := 0; from+frames <= len(l.heard); from += frames {
		turned := func(i int) float64 { return float64(l.whole[i]-l.whole[from]) + l.part[i] - l.part[from] }
		// The mean frequency, in the middle of least squares: from the positions themselves.
		var st, sp, stt, stp float64
		for i := range frames {
			x := float64(i) - float64(frames-1)/2
			st, sp, stt, stp = st+x, sp+turned(from+i), stt+x*x, stp+x*turned(from+i)
		}
		step, middle := stp/stt, sp/float64(frames)
		begin := turns(l.whole[from], l.part[from])
		var power float64
		for i := range frames {
			x := float64(i) - float64(frames-1)/2
			d := l.heard[from+i] - amplitude*math.Sin(begin+2*math.Pi*tone*(middle+step*x))
			power += d * d
		}
		worst = max(worst, decibels(power/float64(frames)))
	}
	return worst
}

// spur returns the largest line of the spectrum of 2.7 s that is more than 20 Hz from the tone.
func (l *listener) spur() (level, hertz float64) {
	const n = 1 << 17
	level = math.Inf(-1)
	for from := 0; from+n <= len(l.heard); from += n {
		x := make([]complex128, n)
		var sum float64
		for i := range x {
			w := blackmanHarris(float64(i) / n)
			sum += w
			x[i] = complex(w*l.heard[from+i], 0)
		}
		fft(x)
		for k := 1; k < n/2; k++ {
			f := float64(k) * 48000 / n
			if db := 20 * math.Log10(cmplx.Abs(x[k])*2/sum/amplitude); math.Abs(f-997) > 20 && db > level {
				level, hertz = db, f
			}
		}
	}
	return level, hertz
}

// blackmanHarris is the window of seven terms: its side lobes are below −180 dB.
func blackmanHarris(t float64) (w float64) {
	for k, a := range []float64{0.27105140069342, -0.43329793923448, 0.21812299954311, -0.06592544638803,
		0.01081174209837, -0.00077658482522, 0.00001388721735} {
		w += a * math.Cos(2*math.Pi*float64(k)*t)
	}
	return w
}

// fft transforms x in place; its length is a power of two.
func fft(x []complex128) {
	n := len(x)
	if n == 1 {
		return
	}
	even, odd := make([]complex128, n/2), make([]complex128, n/2)
	for i := range even {
		even[i], odd[i] = x[2*i], x[2*i+1]
	}
	fft(even)
	fft(odd)
	for k := range even {
		t := cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n)) * odd[k]
		x[k], x[k+n/2] = even[k]+t, even[k]-t
	}
}
