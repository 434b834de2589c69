package hwtest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/hwtest"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// suspended is what a card's stream went through, as a line of the machine's output.
type suspended struct {
	Card string
	Ear  plan.Ear
	Lost []uint64 // of each gap
	Err  string
	// Faults is how often the kernel itself failed to start the card; see kernelFault.
	Faults int
}

const suspendedLine = "@suspended "

// suspendFrames is how much each card plays, in frames.
func suspendFrames(rate int) int { return 3 * rate }

// TestSuspend: the computer sleeps while all its cards play. It has a machine of its own:
// after a suspend the host's files are out of reach there, so that the program may only
// speak, and the host hears the recordings.
func TestSuspend(t *testing.T) {
	if lab.Inside() {
		suspend(t)
		return
	}
	work := t.TempDir()
	var all []suspended
	kernel := kernelFor(t, map[string]string{"aplay": "alsa-utils"})
	_, err := boot(t, kernel, "TestSuspend", lab.Config{
		Work: work, Cards: []lab.Card{lab.HDA(), lab.AC97(), lab.ES1370(), lab.USB()},
		Line: func(line string) {
			if text, ok := strings.CutPrefix(line, suspendedLine); ok {
				var s suspended
				if err := json.Unmarshal([]byte(text), &s); err != nil {
					t.Errorf("%s: %v", line, err)
				}
				all = append(all, s)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 {
		t.Errorf("%d cards have played, want 4", len(all))
	}
	for _, s := range all {
		t.Run(s.Card, func(t *testing.T) {
			b := &bench{T: t, card: hwtest.Card{Card: plan.Card{ID: s.Card}, Lab: true}, name: "goes on after a suspend", kernel: kernel.String()}
			defer b.report()
			sound, err := hear.Read(filepath.Join(work, "share", s.Ear.File))
			if err != nil {
				b.Fatalf("%v", err)
			}
			b.slept(s, sound.PCM)
		})
	}
}

// slept judges a stream: its gap is counted; but for what the card held then, and a ramp, every frame
// is heard, and all of the last half second without a fault. Emulated cards go on with what
// is in their buffers while they are suspended, so some frames come again. Where the kernel
// fails to start the card there may be a gap more for each time, and that is all.
func (b *bench) slept(s suspended, pcm []byte) {
	const inside = 2048 // frames that an emulated card holds beside its buffer
	if s.Faults > 0 {
		b.say("this kernel failed to start the card %d times, saying %q", s.Faults, kernelFault)
	}
	if s.Err != "" || len(s.Lost) == 0 || len(s.Lost) > 2+s.Faults { // it may have stood still by itself, too
		b.Fatalf("%s; gaps: %s, want one", s.Err, costs(s.Lost))
	}
	frames := suspendFrames(s.Ear.Rate)
	pcm = fromFirst(pcm)
	pcm = pcm[:lastOf(pcm, frames)]
	heard := make([]bool, frames+1)
	for i := 0; i+4 <= len(pcm); i += 4 {
		if n := binary.LittleEndian.Uint32(pcm[i:]); n <= uint32(frames) {
			heard[n] = true
		}
	}
	missing := 0
	for _, is := range heard[1:] {
		if !is {
			missing++
		}
	}
	if buffer, ramp := 3*max(480, s.Ear.Period), audio.RampFrames(s.Ear.Rate, 480); missing > len(s.Lost)*(buffer+inside+ramp) {
		b.Errorf("%d frames were not heard, and the card held only %d", missing, buffer+inside)
	}
	end := s.Ear.Rate / 2
	first := hear.Count(uint32(frames-end), 4)
	if got := hear.Follow(pcm[max(0, bytes.Index(pcm, first)):]); len(got.Faults) > 0 || got.Last != uint32(frames) {
		b.Errorf("at the end: %v, and %d is the last frame", got.Faults, got.Last)
	}
	b.say("gaps of %d frames are counted; of %d only %d are not heard, which the card held", s.Lost, frames, missing)
}

// suspend is the program in the machine.
func suspend(t *testing.T) {
	cards, err := hwtest.Open("")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s%d\n", stepsLine, 1)
	defer step("all cards", "go on after a suspend")()
	listen, err := kernelTells("snd_usb_audio")
	if err != nil {
		t.Error(err)
		return
	}
	defer listen()
	var playing, ended sync.WaitGroup
	for _, card := range cards {
		b := &bench{T: t, card: card}
		ear := card.Ears[0]
		b.open(ear)
		s := b.stream(wish(ear, 480), ear.PCM)
		playing.Add(1)
		ended.Go(func() {
			r := playThrough(s, ear, playing.Done)
			r.Card = card.ID
			if card.Unplug != "" {
				r.Faults = strings.Count(listen(), kernelFault)
			}
			text, _ := json.Marshal(r)
			fmt.Printf("%s%s\n", suspendedLine, text)
		})
	}
	playing.Wait()
	// All devices are suspended for a second, as the kernel does it for its own tests.
	for _, set := range [][2]string{
		{"/sys/module/suspend/parameters/pm_test_delay", "1"}, {"/sys/power/pm_test", "devices"}, {"/sys/power/state", "freeze"},
	} {
		if err := os.WriteFile(set[0], []byte(set[1]), 0o644); err != nil {
			t.Error(err)
		}
	}
	ended.Wait()
}

// playThrough plays numbered frames; begun is called when some are heard.
func playThrough(s backend.Stream, ear plan.Ear, begun func()) suspended {
	r := suspended{Ear: ear}
	begun = sync.OnceFunc(begun)
	defer begun() // if it fails, too
	var err error
	r.Lost, err = playOn(s, hear.Count(1, suspendFrames(ear.Rate)), func(written uint64) {
		if written >= uint64(ear.Rate/2) {
			begun()
		}
	})
	if err != nil {
		r.Err = err.Error()
	}
	return r
}
