package hwtest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bridgesBesideOthers lets other programs carry the tone from the cable to a card, one after the other, and listens
// to each for two minutes. Only this program is judged.
//
//	aplay ─▶ hw:Loopback,0 ─▶ hw:Loopback,1, +200 ppm ─▶ a bridge ─▶ the card
func bridgesBesideOthers(b *bench) {
	ear := b.clocked()
	b.once("HDA")
	defer b.shift(0)
	defer b.feedCable()()
	in, out := "hw:"+cable+",1,0", fmt.Sprintf("hw:%s,%d", b.card.ID, ear.PCM)
	t, n := b.tape(ear), int64(120*ear.Rate)
	for _, p := range []struct {
		name  string
		start func() []*exec.Cmd
	}{
		{"loopbridge", func() []*exec.Cmd {
			return []*exec.Cmd{b.bridgeToEar(ear).cmd}
		}},
		{"zita-a2j and jackd", func() []*exec.Cmd {
			return b.zitaToJACK(in, out)
		}},
		{"alsaloop, samplerate fastest", func() []*exec.Cmd {
			return b.runs([]string{"alsaloop", "-C", in, "-P", out, "-f", "S16_LE", "-c", "2", "-r", "48000", "-t", "60000",
				"-S", "samplerate", "-A", "2"})
		}},
	} {
		fmt.Printf("%s begins\n", p.name) // a machine that says nothing for long is killed
		b.shift(200)
		programs := p.start()
		b.shift(200) // alsaloop sets it to the centre when it starts
		if len(programs) == 0 {
			b.say("%s is not installed, or does not run", p.name)
			continue
		}
		from := t.frames() + 20*int64(t.rate)
		b.until("it has settled", func() bool { return t.frames() >= from })
		fmt.Printf("%s has settled\n", p.name)
		before, began := b.used(programs), t.frames()
		h := b.hearsParts(t, from, n)
		cpu := float64(b.used(programs)-before) / (float64(t.frames()-began) / float64(t.rate) * 1e9)
		b.say("%s: %s, %.1f %% of the processor", p.name, h, 100*cpu)
		fmt.Println(b.said[len(b.said)-1])
		end(programs)
		if p.name == "loopbridge" && (h.breaks > 0 || h.bad > 0) {
			b.Errorf("%s: %s", p.name, h)
		}
	}
}

// zitaToJACK carries the tone from a card to another, or returns nothing. Realtime threads of these two would leave the
// emulated processor to nobody else.
func (b *bench) zitaToJACK(in, out string) []*exec.Cmd {
	all := b.runs([]string{"jackd", "-r", "-d", "alsa", "-P", out, "-r", "48000", "-p", "480", "-n", "3"})
	if len(all) > 0 && b.answersJACK("jack_lsp") {
		all = append(all, b.runs([]string{"zita-a2j", "-d", in, "-p", "480", "-n", "4", "-Q", "16"})...)
		if b.answersJACK("jack_connect", "zita-a2j:capture_1", "system:playback_1") && b.answersJACK("jack_connect", "zita-a2j:capture_2", "system:playback_2") {
			return all
		}
	}
	end(all)
	return nil
}

// answersJACK reports whether a program of JACK succeeds within a minute; some wait for a server forever.
func (b *bench) answersJACK(name string, args ...string) bool {
	for range 30 {
		ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
		said, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		cancel()
		if err == nil {
			return true
		}
		fmt.Printf("%s: %v %s\n", name, err, said)
		time.Sleep(2 * time.Second)
	}
	return false
}

// end ends programs that runs has started.
func end(programs []*exec.Cmd) {
	for _, c := range programs {
		c.Process.Signal(syscall.SIGTERM)
	}
	time.Sleep(2 * time.Second)
}

// runs starts programs until the end of the case, or none if one is not installed.
func (b *bench) runs(lines ...[]string) (all []*exec.Cmd) {
	b.Helper()
	for _, line := range lines {
		if _, err := exec.LookPath(line[0]); err != nil {
			return nil
		}
	}
	for _, line := range lines {
		c := exec.Command(line[0], line[1:]...)
		c.Env = append(os.Environ(), "JACK_NO_AUDIO_RESERVATION=1")
		c.Stdout, c.Stderr = os.Stdout, os.Stdout
		if err := c.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		go c.Wait()
		b.Cleanup(func() { c.Process.Kill() })
		all = append(all, c)
		time.Sleep(2 * time.Second) // the output of one before that of the next
	}
	return all
}

// used is what programs have used of the processor.
func (b *bench) used(programs []*exec.Cmd) (total time.Duration) {
	for _, c := range programs {
		total += cpuTime(b, c.Process.Pid)
	}
	return total
}

// cpuTime is what all threads of a process have used.
func cpuTime(b *bench, pid int) (total time.Duration) {
	b.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, file := range files {
		total += b.schedstat(file)
	}
	return total
}

// schedstat is what a thread has used; 0: it has ended.
func (b *bench) schedstat(file string) time.Duration {
	b.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	ns, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		b.Fatalf("%s: %q", file, text)
	}
	return time.Duration(ns)
}
