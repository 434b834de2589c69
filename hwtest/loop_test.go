package hwtest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/loopbridge/loopbridge/hwtest/hear"
)

func loopsBack(b *bench) {
	for _, way := range []struct{ from, to string }{{",0,0", ",1,0"}, {",1,1", ",0,1"}} {
		from, to := "hw:"+b.card.ID+way.from, "hw:"+b.card.ID+way.to
		file := filepath.Join(b.TempDir(), "recorded")
		recorder := exec.Command("arecord", "-q", "-D", to, "-t", "raw", "-f", "S16_LE", "-c", "2", "-r", "48000", file)
		var said bytes.Buffer
		recorder.Stderr = &said
		if err := recorder.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		b.until("arecord records", func() bool { info, err := os.Stat(file); return err == nil && info.Size() > 0 })
		const frames = 48000
		b.play(from, hear.CountFormat(48000), hear.Count(1, frames))
		// What came in last is still on its way to the file.
		before, _ := os.Stat(file)
		b.until("the recording goes on", func() bool {
			info, err := os.Stat(file)
			return err == nil && info.Size() > before.Size()+4*48000
		})
		recorder.Process.Signal(syscall.SIGINT)
		recorder.Wait() // arecord calls that a failure
		pcm, err := os.ReadFile(file)
		if err != nil {
			b.Fatalf("%v: %s", err, said.Bytes())
		}
		b.follow(from+" to "+to, pcm[:len(pcm)&^3], frames)
	}
}

// until waits for a condition.
func (b *bench) until(what string, happened func() bool) {
	b.Helper()
	if !waits(happened, nil) {
		b.Fatalf("in vain was waited until %s", what)
	}
}

// there reports whether the card is plugged in.
func (b *bench) there() bool {
	_, err := os.Stat(filepath.Join("/proc/asound", b.card.ID))
	return err == nil
}

// comesBack is judged with programs of others: the way of the card back is shown, not ours.
func comesBack(b *bench) {
	b.replug()
	b.say("gone and back")
	b.firstStart(b.card.Ears[0])
	playsATone(b)
}
