package hwtest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
)

// programFile is the program in the machine.
const programFile = "loopbridge"

// daemon serves a card.
type daemon struct {
	b       *bench
	env     []string
	socket  string
	control *control.Client
	cmd     *exec.Cmd
	log     bytes.Buffer // read it when the daemon has ended
	ended   chan struct{}
}

// deviceConfig is a device on a card, with further settings, and a loop that it plays.
func deviceConfig(backend, card string, rate, period, periods int, settings ...string) string {
	return fmt.Sprintf(deviceTemplate, backend, card, rate, period, periods, strings.Join(settings, "\n"))
}

const deviceTemplate = `
[[device]]
name = "main"
backend = "%s"
card = "%s"
rate = %d
channels = 2
format = "S16_LE"
period = "%d"
periods = %d
%s

[[loop]]
name = "speaker"
server = { device = "main", side = "play" }
`

// daemon starts one for an ear of the card, with further settings of the device.
func (b *bench) daemon(ear plan.Ear, settings ...string) *daemon {
	b.Helper()
	w := wish(ear, 480)
	return b.daemonAt(ear, w.Period, w.Periods, settings...)
}

// daemonAt is daemon with a buffer of so many periods of so many frames.
func (b *bench) daemonAt(ear plan.Ear, period, periods int, settings ...string) *daemon {
	b.Helper()
	card := cardName(b, ear)
	return b.serves(deviceConfig("alsa", card, ear.Rate, period, periods, settings...), card)
}

// serves starts a daemon and waits until its device runs on a card.
func (b *bench) serves(config, card string) *daemon {
	b.Helper()
	d := b.launch(config)
	d.until("runs on the card", func() bool { return d.runsOn() == card })
	return d
}

// launch starts a daemon, by a command that starts others if there is one.
func (b *bench) launch(config string, by ...string) *daemon {
	b.Helper()
	dir := b.TempDir()
	file, socket := filepath.Join(dir, "speakers.toml"), filepath.Join(dir, "socket")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		b.Fatalf("%v", err)
	}
	d := &daemon{b: b, socket: socket, control: control.New(socket), ended: make(chan struct{})}
	d.env = append(os.Environ(), "STATE_DIRECTORY="+dir, client.SocketVariable+"="+socket, "NO_COLOR=1")
	d.cmd = d.program("serve", "--config", file)
	if len(by) > 0 {
		d.cmd = exec.Command(by[0], append(by[1:], d.cmd.Args...)...)
		d.cmd.Env = d.env
	}
	d.cmd.Stderr = &d.log
	if err := d.cmd.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	go func() {
		defer close(d.ended)
		d.cmd.Wait()
	}()
	b.Cleanup(func() {
		d.cmd.Process.Kill()
		<-d.ended
		if b.Failed() {
			b.Logf("log of the daemon:\n%s", d.log.Bytes())
		}
	})
	return d
}

// until waits for something that the daemon does.
func (d *daemon) until(what string, happened func() bool) {
	d.b.Helper()
	if waits(happened, d.ended) {
		return
	}
	select {
	case <-d.ended:
		d.b.Fatalf("the daemon has ended (%v) before it %s", d.cmd.ProcessState, what)
	default:
	}
	states, err := d.control.Devices(d.b.Context())
	d.b.Fatalf("in vain was waited until the daemon %s: %+v, %v", what, states, err)
}

// cardName is the ear's in a configuration.
func cardName(b *bench, ear plan.Ear) string {
	if ear.PCM == 0 {
		return "id:" + b.card.ID
	}
	return fmt.Sprintf("id:%s,%d", b.card.ID, ear.PCM)
}

// program is a command of loopbridge.
func (d *daemon) program(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(plan.Home, programFile), args...)
	cmd.Env = d.env
	return cmd
}

// hardware is what is behind the device, or nothing.
func (d *daemon) hardware() api.Hardware { return d.hardwareOf("main") }

func (d *daemon) hardwareOf(device string) api.Hardware {
	states, _ := d.control.Devices(d.b.Context())
	for _, s := range states {
		if s.Name == device && s.Hardware != nil {
			return *s.Hardware
		}
	}
	return api.Hardware{}
}

func (d *daemon) runsOn() string { return d.hardware().RunsOn }

// stop ends the daemon as a service is ended.
func (d *daemon) stop() {
	d.b.Helper()
	d.cmd.Process.Signal(syscall.SIGTERM)
	<-d.ended
	if status := d.cmd.ProcessState.ExitCode(); status != 0 {
		d.b.Errorf("the daemon ended with status %d", status)
	}
}

// numbered is a WAV file of numbered frames, and silence behind them.
func (b *bench) numbered(rate, frames, silence int) (file string) {
	b.Helper()
	f := hear.CountFormat(rate)
	file = filepath.Join(b.TempDir(), "numbered.wav")
	out, err := os.Create(file)
	if err != nil {
		b.Fatalf("%v", err)
	}
	w, err := wav.NewWriter(out, f)
	if err == nil {
		err = w.WriteFrames(slices.Concat(hear.Count(1, frames), make([]byte, silence*f.FrameBytes())))
	}
	if err = cmp.Or(err, w.Close(), out.Close()); err != nil {
		b.Fatalf("%v", err)
	}
	return file
}

// playsFile lets a program play a file, which takes no xrun.
func (d *daemon) playsFile(file string) {
	d.b.Helper()
	before := d.hardware().Xruns
	if said, err := d.program("play", "speaker", file).CombinedOutput(); err != nil || len(said) > 0 {
		d.b.Errorf("loopbridge play: %v %s", err, said)
	}
	if h := d.hardware(); h.Xruns > before {
		d.b.Errorf("%d xruns, which cost %d frames so far", h.Xruns-before, h.Lost)
	}
}

// daemonPlays is a WAV file that goes through the whole program. Silence is behind its
// frames: the recording of a card that stops holds some back.
func daemonPlays(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		file := b.numbered(ear.Rate, ear.Rate, 2*pause)
		before := b.recorded(ear).Frames()
		d := b.daemon(ear)
		d.playsFile(file)
		d.stop()
		b.follow(cardName(b, ear), fromFirst(b.recorded(ear).From(before).PCM), ear.Rate)
	}
}

// daemonOutlivesItsCard plays on while the card comes and goes.
func daemonOutlivesItsCard(b *bench) {
	cycles := 10
	if thorough() {
		cycles = 100
	}
	ear := b.card.Ears[0]
	b.open(ear)
	d := b.daemon(ear)
	player := d.program("play", "--raw", "-r", fmt.Sprint(ear.Rate), "-c", "2", "-f", "S16_LE", "speaker")
	tone := b.pour(player, ear.Rate)
	defer player.Process.Kill()
	before := b.recorded(ear).Frames()
	sounds := func() bool {
		info, err := os.Stat(filepath.Join(plan.Share, ear.File))
		return err == nil && info.Size() > int64(4*before+2*ear.Rate) // half a second
	}
	d.until("sounds", sounds)
	before = 0 // each time it is plugged in the recording is a new one
	var used []usage
	xruns := uint64(0) // on a busy host; one just behind the begin has no ramp
	quietest, loudest, largest := math.Inf(1), math.Inf(-1), 0.0
	var times replugs
	for cycle := range cycles {
		if err := lab.Ask("unplug " + b.card.Unplug); err != nil {
			b.Fatalf("%v", err)
		}
		d.until("has lost its card", func() bool { return d.runsOn() == "null" })
		if err := lab.Ask("plug " + b.card.Unplug); err != nil {
			b.Fatalf("%v", err)
		}
		d.comesBack(cardName(b, ear), &times)
		d.until("sounds again", sounds)
		if now := d.listed(); now != cardName(b, ear) {
			b.Errorf("cycle %d: loopbridge devices says that it runs on %s", cycle+1, now)
		}
		used = append(used, usageOf(d.cmd.Process.Pid))
		now := d.hardware().Xruns
		level, step, most := b.start(ear)
		switch {
		case step <= most:
			largest = max(largest, step)
		case now == xruns:
			b.Fatalf("in cycle %d the sound begins with a burst: a step of %.4f, where the tone has %.4f", cycle+1, step, most)
		}
		xruns = now
		quietest, loudest = min(quietest, level), max(loudest, level)
	}
	tone.end()
	if b.Failed() {
		b.Logf("the device at the end: %+v", d.hardware())
	}
	d.stop()
	b.say("%d times; the tone is back %v after the card, at %.1f to %.1f dBFS, with no step above %.4f; %d xruns", cycles, &times, quietest, loudest, largest, xruns)
	// A card that is being unplugged may stop before the kernel says that it has gone: nothing is
	// heard of that.
	if xruns > uint64(cycles)/10 {
		b.Errorf("want no xruns")
	}
	times.judge(b)
	judgeUsage(b, used)
}

// judgeUsage fails the case if a daemon has ever more files or threads, after each cycle. A leak
// is one each cycle; the runtime of Go may want some more threads at any time.
func judgeUsage(b *bench, used []usage) {
	b.Helper()
	half := len(used) / 2
	var most usage
	for _, u := range used[:half] {
		most = usage{max(most.files, u.files), max(most.threads, u.threads)}
	}
	last := used[len(used)-1]
	b.say("files and threads of the daemon at most %v in the first %d cycles, %v at the end", most, half, last)
	if last.files > most.files || last.threads > most.threads+half/2 {
		b.Errorf("it uses ever more: %v", used)
	}
}

// start judges how a tone begins in a recording that is new: its level, the largest step
// between two frames, and what that may be.
func (b *bench) start(ear plan.Ear) (level, step, most float64) {
	b.Helper()
	const edge = 2048 // frames, more than a ramp
	x := b.recorded(ear).Channel(0)
	at := longest(x, ear.Rate)
	if at.Frames() < ear.Rate/4 {
		b.Fatalf("of %d frames only %d sound", len(x), at.Frames())
	}
	for i := 1; i < at.From+edge; i++ {
		step = max(step, math.Abs(x[i]-x[i-1]))
	}
	// A tone has its steepest place at 0; what is new comes in on a ramp.
	most = 1.01*toneAmplitude*2*math.Pi*toneHertz/float64(ear.Rate) + 0.001
	tone := x[at.From+edge : at.To-8]
	if breaks := hear.Breaks(tone, ear.Rate); len(breaks) > 0 {
		b.Errorf("%d breaks after the begin, the first at frame %d", len(breaks), breaks[0].Frame)
	}
	level = hear.FitTone(tone, ear.Rate).Level
	if want := 20 * math.Log10(toneAmplitude); level > want+0.1 || level < want-3 { // a card that is new need not be at full volume
		b.Errorf("it sounds at %.1f dBFS, want %.1f or a little less", level, want)
	}
	return level, step, most
}

// listed is what loopbridge devices says that the device runs on.
func (d *daemon) listed() string {
	d.b.Helper()
	text, err := d.program("devices", "--json").Output()
	var list struct {
		Devices []struct {
			Name   string
			RunsOn string `json:"runs_on"`
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	for _, x := range list.Devices {
		if x.Name == "main" {
			return x.RunsOn
		}
	}
	d.b.Fatalf("loopbridge devices --json: %v\n%s", err, text)
	return ""
}

// usage is what a process has of the kernel.
type usage struct{ files, threads int }

func (u usage) String() string { return fmt.Sprintf("%d/%d", u.files, u.threads) }

func usageOf(pid int) (u usage) {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.files = len(files)
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		fmt.Sscanf(line, "Threads: %d", &u.threads)
	}
	return u
}
