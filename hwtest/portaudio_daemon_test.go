//go:build portaudio && cgo

package hwtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/hwtest/lab"
	"github.com/loopbridge/loopbridge/hwtest/lab/plan"
	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
)

// portAudioServes starts a daemon whose device is one of PortAudio.
func (b *bench) portAudioServes(name string, ear plan.Ear) *daemon {
	b.Helper()
	return b.serves(deviceConfig("portaudio", name, ear.Rate, 480, 3), name)
}

// portAudioDaemon is daemonPlays with PortAudio.
func portAudioDaemon(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		b.portAudioPlaysFile(deviceName(b.card.Number, ear.PCM), ear)
	}
}

// portAudioPlaysFile has an ear hear what a loop plays on a device of PortAudio.
func (b *bench) portAudioPlaysFile(name string, ear plan.Ear) {
	b.Helper()
	file := b.numbered(ear.Rate, ear.Rate, 2*pause)
	before := b.recorded(ear).Frames()
	d := b.portAudioServes(name, ear)
	d.playsFile(file)
	d.stop()
	b.follow(name, fromFirst(b.recorded(ear).From(before).PCM), ear.Rate)
}

// portAudioWaits is daemonWaitsForItsCard with PortAudio, which lists no device that is in use.
func portAudioWaits(b *bench) {
	ear := b.card.Ears[0]
	b.open(ear)
	d := b.waits("portaudio", deviceName(b.card.Number, ear.PCM), ear, b.holds(ear))
	d.playsFile(b.numbered(ear.Rate, ear.Rate, 2*pause))
	d.stop()
	d.logged("another program has")
}

// portAudioShares plays through a plugin of alsa-lib that mixes what several programs play,
// while aplay has the card by it, too: for the card alone that would be one too many.
func portAudioShares(b *bench) {
	for _, ear := range b.card.Ears {
		b.open(ear)
		config := filepath.Join(b.TempDir(), "asound.conf")
		text := fmt.Sprintf(mixing, 4000+ear.PCM, b.card.ID, ear.PCM, ear.Rate)
		if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
			b.Fatalf("%v", err)
		}
		b.Setenv(secluded.ConfigVariable, os.Getenv(secluded.ConfigVariable)+":"+config)
		other := exec.Command("aplay", append(aplay("mixed", hear.CountFormat(ear.Rate)), "/dev/zero")...)
		if err := other.Start(); err != nil {
			b.Fatalf("%v", err)
		}
		b.portAudioPlaysFile("ALSA:mixed", ear)
		other.Process.Kill()
		if err := other.Wait(); other.ProcessState.Exited() {
			b.Errorf("aplay: %v", err)
		}
	}
}

const mixing = `
pcm.mixed {
	type dmix
	ipc_key %d
	slave { pcm "hw:%s,%d" rate %d format S16_LE channels 2 period_size 480 buffer_size 1920 }
}
`

// portAudioPlaysOut is daemonPlaysOut with PortAudio.
func portAudioPlaysOut(b *bench) {
	ear := plan.Ear{Rate: 48000}
	d := b.portAudioServes(deviceName(b.card.Number, ear.PCM), ear)
	d.playsOut(b.records("hw:"+b.card.ID+",1,0", ear.Rate), ear.Rate)
	d.stop()
}

// portAudioMonitors is monitorIsLate with PortAudio.
func portAudioMonitors(b *bench) {
	const rate = 48000
	for _, period := range []int{384, 480, 960} {
		name := deviceName(b.card.Number, 1)
		d := b.serves(deviceConfig("portaudio", name, rate, period, 3, "record = {}"), name)
		b.say("3 x %d:", period)
		d.monitorsLate(rate)
		d.stop()
	}
}

// portAudioRecovers stops the whole process for a time, so that PortAudio itself is late and
// says that frames are lost.
func portAudioRecovers(b *bench) {
	const stopped = 200 * time.Millisecond
	ear := b.card.Ears[0]
	b.open(ear)
	d := b.portAudioServes(deviceName(b.card.Number, ear.PCM), ear)
	told := d.events()
	silent := d.playsSilence("speaker")
	defer silent()
	d.until("plays", func() bool { return d.info().Play.Samples > uint32(ear.Rate) })
	before := d.hardware()
	watch := lab.StartWatch()
	d.cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(stopped)
	d.cmd.Process.Signal(syscall.SIGCONT)
	long, _ := watch.Read() // whatever the host had to do meanwhile
	d.until("has counted the xrun", func() bool { return d.hardware().Xruns > before.Xruns })
	samples := d.info().Play.Samples
	d.until("plays on", func() bool { return d.info().Play.Samples-samples > uint32(ear.Rate) })
	now := d.hardware()
	xruns, lost := now.Xruns-before.Xruns, int(now.Lost-before.Lost)
	b.say("not served for %v: %d xruns cost %d frames", long.Round(time.Millisecond), xruns, lost)
	if whole := int(long.Seconds() * float64(ear.Rate)); xruns > 2 || lost < whole/2 || lost > 2*whole {
		b.Errorf("want one of nearly %d frames", whole)
	}
	d.until("has told of it", func() bool { return told.of("play.error") != "" })
	silent()
	from := b.recorded(ear).Frames()
	d.playsFile(b.numbered(ear.Rate, ear.Rate, 2*pause))
	d.stop()
	b.follow("then", fromFirst(b.recorded(ear).From(from).PCM), ear.Rate)
}

// portAudioUnplugged plays on while the card comes and goes: alone, and with others, which must
// not be disturbed by that: a device of PortAudio, and one of package alsa.
func portAudioUnplugged(b *bench) {
	ear := b.card.Ears[0]
	b.open(ear)
	card := deviceName(b.card.Number, ear.PCM)
	alone := deviceConfig("portaudio", card, ear.Rate, 480, 3)
	d := b.serves(alone, card)
	d.goesAndComes(card)
	d.stop()
	d.keptPriority()

	d = b.serves(alone+bystanders, card)
	for _, loop := range []string{"first", "second"} {
		defer d.playsSilence(loop)()
	}
	time.Sleep(time.Second)
	first, second := d.hardwareOf("first").Xruns, d.hardwareOf("second").Xruns
	d.goesAndComes(card)
	first, second = d.hardwareOf("first").Xruns-first, d.hardwareOf("second").Xruns-second
	b.say("%d xruns of another device of PortAudio meanwhile, %d of one of alsa", first, second)
	if first > 0 || second > 0 {
		b.Errorf("want none")
	}
	d.stop()
	d.keptPriority()
}

// keptPriority is for a daemon that has ended: no thread of it ran for too long.
func (d *daemon) keptPriority() {
	d.b.Helper()
	if strings.Contains(d.log.String(), "ran for too long") {
		d.b.Errorf("its threads have lost their priority")
	}
}

// cycles is how often a card is unplugged.
func cycles() int {
	if thorough() {
		return 50
	}
	return 3
}

// goesAndComes takes the card away and puts it back while a program plays.
func (d *daemon) goesAndComes(card string) {
	d.b.Helper()
	defer d.playsSilence("speaker")()
	time.Sleep(time.Second)
	var times replugs
	for range cycles() {
		if err := lab.Ask("unplug " + d.b.card.Unplug); err != nil {
			d.b.Fatalf("%v", err)
		}
		d.until("has lost its card", func() bool { return d.runsOn() == "null" })
		if err := lab.Ask("plug " + d.b.card.Unplug); err != nil {
			d.b.Fatalf("%v", err)
		}
		d.comesBack(card, &times)
		time.Sleep(time.Second)
	}
	d.b.say("%d times, back %v after the card", len(times.all), &times)
	times.judge(d.b)
}

// bystanders are the two sides of snd-aloop.
const bystanders = `
[[device]]
name = "first"
backend = "portaudio"
card = "ALSA:(hw:10,0)"
period = "480"
periods = 4

[[device]]
name = "second"
backend = "alsa"
card = "id:Loopback,1"
period = "480"
periods = 4

[[loop]]
name = "first"
server = { device = "first", side = "play" }

[[loop]]
name = "second"
server = { device = "second", side = "play" }
`
