package hwtest_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

const (
	toneHertz     = 997  // its period is no whole number of frames
	toneAmplitude = 0.25 // -12.04 dBFS
	quiet         = -60  // dBFS: nothing is heard

	// pause is silence in frames before and after what is played. A recording comes in blocks
	// of 1024 frames, the last of which is not there before the next.
	pause = 4096
)

func isListed(b *bench) {
	dir := filepath.Join("/proc/asound", b.card.ID)
	devices, err := filepath.Glob(dir + "/pcm*")
	if err != nil || len(devices) == 0 {
		b.Fatalf("%s has no PCM device", dir)
	}
	for i := range devices {
		devices[i] = filepath.Base(devices[i])
	}
	b.say("%s", devices)
}

func playsToTheEnd(b *bench) {
	f := hear.CountFormat(48000)
	b.play("plughw:"+b.card.ID, f, hear.Sine(f, toneHertz, toneAmplitude/10, 9600))
}

func records(b *bench) {
	const frames = 9600
	file := filepath.Join(b.TempDir(), "recorded")
	b.tool("arecord", "-q", "-D", "plughw:"+b.card.ID, "-t", "raw", "-f", "S16_LE", "-c", "2", "-r", "48000",
		"-s", strconv.Itoa(frames), file)
	info, err := os.Stat(file)
	if err != nil {
		b.Fatalf("%v", err)
	}
	if info.Size() != 4*frames {
		b.Errorf("%d bytes were recorded, want %d frames of 4", info.Size(), frames)
	}
	b.say("%d frames", info.Size()/4)
}

// play plays raw frames with aplay.
func (b *bench) play(pcm string, f audio.Format, frames []byte) {
	b.Helper()
	file := filepath.Join(b.TempDir(), "played")
	if err := os.WriteFile(file, frames, 0o644); err != nil {
		b.Fatalf("%v", err)
	}
	b.tool("aplay", append(aplay(pcm, f), file)...)
}

// aplay are the arguments of aplay for raw frames.
func aplay(pcm string, f audio.Format) []string {
	return []string{"-q", "-D", pcm, "-t", "raw", "-f", f.Encoding.String(), "-c", strconv.Itoa(f.Channels), "-r", strconv.Itoa(f.Rate)}
}

// hears plays frames and returns what was heard of them.
func (b *bench) hears(ear plan.Ear, frames []byte) hear.Sound {
	b.Helper()
	before := b.recorded(ear).Frames()
	f := hear.CountFormat(ear.Rate)
	silence := make([]byte, pause*f.FrameBytes())
	b.play(fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM), f, slices.Concat(silence, frames, silence))
	return b.recorded(ear).From(before)
}

// steady plays a tone while change is called, and returns half a second of what was heard
// after it.
func (b *bench) steady(ear plan.Ear, change func()) []float64 {
	b.Helper()
	before := b.recorded(ear).Frames()
	f := hear.CountFormat(ear.Rate)
	player := exec.Command("aplay", aplay(fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM), f)...)
	in, err := player.StdinPipe()
	if err == nil {
		err = player.Start()
	}
	if err != nil {
		b.Fatalf("aplay: %v", err)
	}
	changed, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		defer in.Close()
		second := hear.Sine(f, toneHertz, toneAmplitude, ear.Rate) // a whole number of periods
		for more := 3; more > 0; {                                 // more than a pipe and a buffer hold
			select {
			case <-changed:
				more--
			default:
			}
			in.Write(second) // aplay says what is wrong, if it ends
		}
		in.Write(make([]byte, pause*f.FrameBytes()))
	}()
	func() {
		defer close(changed) // if it fails, too
		change()
	}()
	<-ended
	if err := player.Wait(); err != nil {
		b.Fatalf("aplay: %v", err)
	}
	x := b.recorded(ear).From(before).Channel(0)
	if len(x) < pause+ear.Rate {
		b.Fatalf("only %d frames were heard", len(x))
	}
	return x[len(x)-pause-ear.Rate : len(x)-pause-ear.Rate/2]
}

// recorded is all that was heard until now.
func (b *bench) recorded(ear plan.Ear) hear.Sound {
	b.Helper()
	file := filepath.Join(plan.Share, ear.File)
	if info, err := os.Stat(file); err == nil && info.Size() == 0 {
		return hear.Sound{Format: hear.CountFormat(ear.Rate)}
	}
	s, err := hear.Read(file)
	if err != nil {
		b.Fatalf("the recording: %v", err)
	}
	if want := hear.CountFormat(ear.Rate); s.Format != want {
		b.Fatalf("the recording has %v, want %v", s.Format, want)
	}
	return s
}

// open turns everything up.
func (b *bench) open(ear plan.Ear) {
	b.Helper()
	for _, name := range ear.Open {
		b.turn(of(name, "Playback Volume"), true)
		b.turn(of(name, "Playback Switch"), true)
	}
}

// tone plays a tone of a second and returns what was heard of it, without its edges.
func (b *bench) tone(ear plan.Ear) (x []float64, frames int) {
	b.Helper()
	f := hear.CountFormat(ear.Rate)
	x = b.hears(ear, hear.Sine(f, toneHertz, toneAmplitude, ear.Rate)).Channel(0)
	at := longest(x, ear.Rate)
	if at.Frames() < 256 {
		return nil, 0
	}
	return x[at.From+8 : at.To-8], at.Frames()
}

// longest is the longest sound of all: a card may begin with a rest of what it played
// before.
func longest(x []float64, rate int) (at hear.Span) {
	for _, s := range hear.Spans(x, quiet, rate/100) {
		if s.Frames() > at.Frames() {
			at = s
		}
	}
	return at
}

func playsATone(b *bench) {
	want := 20 * math.Log10(toneAmplitude)
	for _, ear := range b.card.Ears {
		b.open(ear)
		x, frames := b.tone(ear)
		tone := hear.FitTone(x, ear.Rate)
		breaks := hear.Breaks(x, ear.Rate)
		lost := "none lost"
		if len(breaks) > 0 {
			lost = fmt.Sprintf("%d BREAKS, the first at frame %d", len(breaks), breaks[0].Frame)
		}
		b.say("hw:%s,%d %.1f dBFS, %.3f Hz, %d frames, %s", b.card.ID, ear.PCM, tone.Level, tone.Hertz, frames, lost)
		if math.Abs(tone.Level-want) > 0.1 || math.Abs(tone.Hertz-toneHertz) > 0.01 {
			b.Errorf("want %.2f dBFS and %d Hz", want, toneHertz)
		}
		// The first and last frames of a sine are as quiet as the silence around it.
		if len(breaks) > 0 || frames < ear.Rate-3 || frames > ear.Rate {
			b.Errorf("want %d frames without a break", ear.Rate)
		}
	}
}

// A frame is left out of what is played, to see that it would be noticed.
func hidesNothing(b *bench) {
	ear := b.card.Ears[0]
	b.open(ear)
	f := hear.CountFormat(ear.Rate)
	gap := ear.Rate / 3
	pcm := hear.Sine(f, toneHertz, toneAmplitude, ear.Rate)
	pcm = slices.Delete(pcm, gap*f.FrameBytes(), (gap+1)*f.FrameBytes())
	x := b.hears(ear, pcm).Channel(0)
	at := longest(x, ear.Rate)
	breaks := hear.Breaks(x[at.From:at.To], ear.Rate)
	if len(breaks) != 1 || breaks[0].Frame < gap-4 || breaks[0].Frame > gap+4 {
		b.Errorf("frame %d is missing, and found are %+v", gap, breaks)
	}
}

func playsBitForBit(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		pcm := b.hears(ear, hear.Count(1, ear.Rate)).PCM
		at := bytes.Index(pcm, hear.Count(1, 4))
		if at < 0 {
			b.Errorf("hw:%s,%d: the first frames are not in the recording", b.card.ID, ear.PCM)
			continue
		}
		b.follow(fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM), pcm[at:], ear.Rate)
	}
}

// follow fails the test unless so many numbered frames are one after the other.
func (b *bench) follow(what string, pcm []byte, frames int) {
	b.Helper()
	// A player lets its last block run out, and a card may begin its buffer again meanwhile.
	if end := lastOf(pcm, frames); end > 0 {
		pcm = pcm[:end]
	}
	got := hear.Follow(pcm)
	if len(got.Faults) > 0 {
		b.Errorf("%s: %d faults, the first: %v", what, len(got.Faults), got.Faults[0])
	}
	if got.First != 1 || got.Last != uint32(frames) {
		b.Errorf("%s: frames %d to %d came, want 1 to %d", what, got.First, got.Last, frames)
	}
	b.say("%s %d frames", what, got.Last)
}

// lastOf is where the last of so many numbered frames ends, or 0.
func lastOf(pcm []byte, frames int) int {
	last := hear.Count(uint32(frames), 1)
	for i := 0; i+4 <= len(pcm); i += 4 {
		if bytes.Equal(pcm[i:i+4], last) {
			return i + 4
		}
	}
	return 0
}
