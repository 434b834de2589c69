package hwtest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/hwtest/hear"
)

// loopsConfig has nodes for so many loops.
func loopsConfig(n int) string {
	text := "[nodes]\nmake = true\nmode = \"0666\"\n"
	for i := range n {
		text += fmt.Sprintf("[[loop]]\nname = \"loop%d\"\n", i)
	}
	return text
}

// killsPrograms: programs die in the middle of any call, and leave nothing behind.
func killsPrograms(b *bench) {
	d := b.nodes(loopsConfig(2), nodesAt+"loop1.server")
	n := 1000
	if thorough() {
		n = 10000
	}
	b.walks(loadProgram, "kills", strconv.Itoa(n))
	d.until("forgets the programs", func() bool {
		nodes, err := d.control.Nodes(b.Context())
		held := 0
		for _, n := range nodes {
			held += len(n.Holders)
		}
		server, clients := d.held("loop0")
		return err == nil && len(nodes) == 4 && held == 0 && server == nil && len(clients) == 0
	})
	b.say("%d kills; no node is held afterwards", n)
}

// loadsPairs: calls beside others that sleep, pairs that carry sound at once, and what one costs. Every frame that a late
// program loses is counted; how many those are is the machine's business.
func loadsPairs(b *bench) {
	const pairs = 32
	d := b.nodes(loopsConfig(pairs), nodesAt+"loop31.server")
	b.walks(loadProgram, "calls", strconv.Itoa(pairs))
	seconds := 10
	if thorough() {
		seconds = 60
	}
	d.carries(pairs, 10)
	nodes := d.carries(1, seconds)
	before, at := d.busy(), age()
	file := filepath.Join(b.TempDir(), "native.raw")
	recorder := d.program("record", "--server", "--raw", "loop0", file)
	if err := recorder.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	d.until("has a server", func() bool { s, _ := d.held("loop0"); return s != nil })
	player := d.program("play", "--raw", "loop0", "-")
	player.Stdin = bytes.NewReader(hear.Count(1, 48000*seconds))
	out, err := player.CombinedOutput()
	recorder.Wait()
	native := 100 * (d.busy() - before) / (age() - at)
	if err != nil {
		b.say("native client: %v %s", err, out)
	}
	b.say("a pair of nodes takes %.2f %% of the emulated core in the daemon, one of the native client %.2f %%", nodes, native)
	if nodes > native+1 {
		b.Errorf("a pair of nodes costs %.2f %% of the core more than one of the native client, want at most 1 %%", nodes-native)
	}
}

// carries has so many pairs of nodes carry numbered frames, and compares what is missing with what the daemon counted. It
// returns how much of the core the daemon took, in percent.
func (d *daemon) carries(pairs, seconds int) (cost float64) {
	d.b.Helper()
	before := d.late()
	busy, at := d.busy(), age()
	said := d.b.walks(loadProgram, "pairs", strconv.Itoa(pairs), strconv.Itoa(seconds))
	cost = 100 * (d.busy() - busy) / (age() - at)
	var dropped, silence uint64
	if _, counts, ok := strings.Cut(said, ": dropped"); !ok {
		d.b.Errorf("no counts: %s", said)
	} else if _, err := fmt.Sscanf(counts, "%d, silence %d", &dropped, &silence); err != nil {
		d.b.Errorf("%s: %v", said, err)
	}
	if counted := d.late() - before; dropped+silence != counted {
		d.b.Errorf("%d frames were dropped and %d of silence came, the daemon counted %d", dropped, silence, counted)
	}
	if thorough() && dropped+silence > 0 {
		d.b.Errorf("%d frames were dropped and %d of silence came", dropped, silence)
	}
	return cost
}

// late returns how many frames were dropped or inserted because a program was late.
func (d *daemon) late() (frames uint64) {
	text, err := d.control.Metrics(d.b.Context())
	if err != nil {
		d.b.Fatalf("metrics: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "loopbridge_end_xrun_frames_total{") {
			n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:len(line)-1], 64)
			if err != nil {
				d.b.Fatalf("metrics: %v", err)
			}
			frames += uint64(n)
		}
	}
	return frames
}

// busy returns the seconds that the daemon has computed.
func (d *daemon) busy() float64 {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// age returns how many seconds the machine runs.
func age() float64 {
	seconds, _ := strconv.ParseFloat(uptime(), 64)
	return seconds
}

// playsOSS: Debian's own programs for OSS play into a node, and record from one, bit for bit.
func playsOSS(b *bench) {
	d := b.nodes(nodeConfig, nodesAt+"loop0", nodesAt+"loop0.server", nodesAt+"loop1.server")
	sent := hear.Count(1, 49152) // in blocks of 4096 bytes, as FFmpeg drops what is less at the end
	file := filepath.Join(b.TempDir(), "numbered.raw")
	if err := os.WriteFile(file, sent, 0o644); err != nil {
		b.Fatalf("%v", err)
	}
	node := nodesAt + "loop0"
	raw := []string{"-t", "raw", "-r", "48000", "-e", "signed", "-b", "16", "-c", "2"}
	for _, program := range [][]string{
		append(append([]string{"sox", "-D", "-q"}, raw...), file, "-t", "oss", node),
		{"ffmpeg", "-nostdin", "-loglevel", "error", "-f", "s16le", "-ar", "48000", "-ac", "2", "-i", file, "-f", "oss", node},
		{"mpg123", "-q", "-o", "oss", "-a", node, "--no-resync", "-"},
	} {
		if !soxHasOSS() && program[0] == "sox" {
			b.say("sox has no format oss (Debian: libsox-fmt-oss)")
			continue
		}
		if _, err := exec.LookPath(program[0]); err != nil {
			b.say("%s is missing", program[0])
			continue
		}
		want := sent
		play := exec.Command(program[0], program[1:]...)
		if program[0] == "mpg123" {
			mp3 := filepath.Join(b.TempDir(), "sound.mp3")
			make := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "sine=997:r=48000:d=1", "-ac", "2", mp3)
			if out, err := make.CombinedOutput(); err != nil {
				b.say("mpg123: nothing to play: %v %s", err, out)
				continue
			}
			want, _ = exec.Command("mpg123", "-q", "-s", mp3).Output()
			play.Args[len(play.Args)-1] = mp3
		}
		got := d.reads("loop0", func() {
			if out, err := play.CombinedOutput(); err != nil {
				b.Errorf("%s: %v %s", program[0], err, out)
			}
		})
		if !bytes.HasPrefix(got, want) || len(bytes.Trim(got[len(want):], "\x00")) > 0 {
			b.Errorf("%s: %d bytes came of %d, or others", program[0], len(got), len(want))
			continue
		}
		b.say("%s plays %d frames bit for bit", program[0], len(want)/4)
	}
	d.recordsOSS(sent)
}

// reads returns what the server of a loop reads of a program.
func (d *daemon) reads(loop string, play func()) []byte {
	var got bytes.Buffer
	reader := exec.Command("cat", nodesAt+loop+".server")
	reader.Stdout = &got
	if err := reader.Start(); err != nil {
		d.b.Fatalf("%v", err)
	}
	d.until("has a server", func() bool { s, _ := d.held(loop); return s != nil })
	play()
	if _, clients := d.held(loop); len(clients) == 0 && got.Len() == 0 {
		reader.Process.Kill() // nobody has played
	}
	reader.Wait()
	return got.Bytes()
}

// recordsOSS has programs record what cat plays into a server node.
func (d *daemon) recordsOSS(sent []byte) {
	b := d.b
	node := nodesAt + "loop1"
	for _, program := range [][]string{
		{"sox", "-D", "-q", "-t", "oss", "-r", "48000", "-b", "16", "-c", "2", node, "-t", "raw", "-", "trim", "0", "0.9"},
		{"ffmpeg", "-nostdin", "-loglevel", "error", "-f", "oss", "-sample_rate", "48000", "-channels", "2", "-i", node, "-t", "0.9", "-f", "s16le", "-"},
	} {
		if !soxHasOSS() && program[0] == "sox" {
			continue
		}
		player := exec.Command("sh", "-c", "exec cat >"+node+".server")
		player.Stdin = bytes.NewReader(sent)
		if err := player.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		d.until("has a server", func() bool { s, _ := d.held("loop1"); return s != nil })
		got, err := exec.Command(program[0], program[1:]...).Output()
		player.Process.Kill() // what was not recorded nobody wants
		player.Wait()
		if len(got) == 0 || !bytes.HasPrefix(sent, got[:min(len(got), len(sent)/2)]) {
			b.Errorf("%s recorded %d bytes, or others than the first of what was played: %v", program[0], len(got), err)
		}
		b.say("%s records %d of %d frames bit for bit", program[0], len(got)/4, len(sent)/4)
	}
}

// soxHasOSS reports whether SoX knows OSS, which is in a package of its own.
func soxHasOSS() bool {
	said, _ := exec.Command("sox", "--help").CombinedOutput()
	return slices.Contains(strings.Fields(string(said)), "oss")
}
