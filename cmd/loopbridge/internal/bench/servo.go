package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/servo/servotest"
)

// Servo compares our servo with the controllers of other programs in a simulation of two clocks.
type Servo struct {
	Period   int           // frames of both sides, at 48 kHz
	Latency  int           // wanted, in frames
	Jitter   time.Duration // rms, of both sides
	Shape    string        // the name of one of servotest.Shapes
	Duration time.Duration // what is simulated; errors are measured in its second half
	Seed     uint64
}

// ServoReport is the result of a bench of servos. Scripts rely on the JSON names: add names, but rename none.
type ServoReport struct {
	Rate     int           `json:"rate"`
	Period   int           `json:"period_frames"`
	Latency  int           `json:"latency_frames"`
	Jitter   float64       `json:"jitter_ms_rms"`
	Shape    string        `json:"jitter_shape"`
	Duration float64       `json:"duration_s"`
	Dwell    float64       `json:"dwell_s"` // for how long within 1 ppm counts as reached
	Results  []ServoResult `json:"results"`
}

// ServoResult is one controller at one offset.
type ServoResult struct {
	Offset     float64 `json:"offset_ppm"`
	Controller string  `json:"controller"`
	servotest.Result
}

const (
	servoRate  = 48000
	servoDwell = time.Minute
	// servoPlotted is the offset that is plotted, in ppm.
	servoPlotted = 100
)

// servoControllers are the rows of the table, in order.
func servoControllers() []string { return []string{"loopbridge", "zita-a2j", "CamillaDSP", "alsaloop"} }

// Offsets returns by how many ppm the source is faster, in the runs of Run.
func (b *Servo) Offsets() []float64 { return []float64{0, 50, -50, 100, -100, 300, -300} }

// Validate returns a sentence about settings that cannot work.
func (b *Servo) Validate() error {
	switch {
	case b.Period < 16 || b.Period > 8192:
		return errors.New("a period is 16 to 8192 frames")
	case b.Latency < b.Period || b.Latency > 10*servoRate:
		return fmt.Errorf("a latency is a period to 10 s: use %d to %d frames", b.Period, 10*servoRate)
	case b.Jitter < 0 || b.Jitter > 10*time.Millisecond:
		return errors.New("a jitter is 0 to 10ms")
	case b.Duration < 3*servoDwell || b.Duration > 48*time.Hour:
		return fmt.Errorf("a run is %s to 48h", 3*servoDwell)
	}
	return nil
}

// Run simulates all controllers at all offsets until it is done or ctx ends. It calls show with each step.
func (b *Servo) Run(ctx context.Context, show func(format string, args ...any)) (*ServoReport, error) {
	r := &ServoReport{
		Rate: servoRate, Period: b.Period, Latency: b.Latency, Jitter: float64(b.Jitter) / float64(time.Millisecond),
		Shape: b.Shape, Duration: b.Duration.Seconds(), Dwell: servoDwell.Seconds(),
	}
	for _, offset := range b.Offsets() {
		for _, name := range servoControllers() {
			show("%+g ppm: %s", offset, name)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			result := servotest.Run(b.scenario(offset), b.controller(name, offset), nil)
			r.Results = append(r.Results, ServoResult{Offset: offset, Controller: name, Result: result})
		}
	}
	return r, nil
}

func (b *Servo) scenario(offset float64) servotest.Scenario {
	side := servotest.Side{Rate: servoRate, Period: b.Period, Jitter: b.Jitter}
	for _, shape := range servotest.Shapes() {
		if b.Shape == shape.String() {
			side.Shape = shape
		}
	}
	s := servotest.Scenario{Source: side, Sink: side, Latency: float64(b.Latency), For: b.Duration,
		Settled: b.Duration / 2, Dwell: servoDwell, Seed: b.Seed}
	s.Source.PPM = offset
	return s
}

func (b *Servo) controller(name string, offset float64) servotest.Controller {
	s := b.scenario(offset)
	if other, ok := servotest.Peers(s)[name]; ok {
		return other
	}
	return servotest.NewOurs(s)
}

// WriteTable prints the report for people.
func (r *ServoReport) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "Simulated: %g s of %d Hz, periods of %d frames, %d of latency, %s jitter of %g ms rms.\n\n",
		r.Duration, r.Rate, r.Period, r.Latency, r.Shape, r.Jitter)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "offset\t\t1 ppm after\tratio, rms\tslope\tlatency, rms\tpeak\txruns\t")
	for _, e := range r.Results {
		within := "never"
		if e.Within1PPM >= 0 {
			within = fmt.Sprintf("%.1f s", e.Within1PPM)
		}
		fmt.Fprintf(t, "%+g ppm\t%s\t%s\t%.3f ppm\t%.3g ppm/s\t%.2f frames\t%.1f frames\t%d\t\n",
			e.Offset, e.Controller, within, e.PPM, e.Slope, e.Around(), e.ErrorPeak, e.Xruns)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n1 ppm: from then on for %g s. Peak: from the first sound on; the others: in the second half.\n"+
		"The other programs are models, from their published constants.\n", r.Dwell)
	return err
}
