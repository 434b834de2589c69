package alsatest_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// cd is the format that the programs below use.
var cd = audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}

// player is the command of a program that plays in.raw, frames long, at an end..
type player func(r *rig, end string, frames int) []string

// recorder is the command of a program that records an end into out.raw. One that does
// not see the end of a stream stops after so many frames.
type recorder func(r *rig, end string, frames int) []string

// blocks are how many frames a recorder reads at a time, where it throws away what it
// has of the last one when the stream ends. D13 gives them to it, in a short read.
var blocks = map[string]int{"arecord": 512, "ffmpeg": 4096, "sox": 4096}

var players = map[string]player{
	"aplay": func(r *rig, end string, frames int) []string {
		return append(append([]string{"aplay"}, rawArgs(cd)...), "-s", strconv.Itoa(frames), "-D", "loopbridge:"+end, r.file("in.raw"))
	},
	"sox": func(r *rig, end string, _ int) []string {
		return []string{"sox", "-q", "-D", "-t", "raw", "-r", "44100", "-e", "signed", "-b", "16", "-c", "2", r.file("in.raw"), "-t", "alsa", "loopbridge:" + end}
	},
	"ffmpeg": func(r *rig, end string, _ int) []string {
		return []string{"ffmpeg", "-nostdin", "-v", "error", "-f", "s16le", "-ar", "44100", "-ac", "2", "-i", r.file("in.raw"), "-f", "alsa", "loopbridge:" + end}
	},
	"loopbridge": func(r *rig, end string, _ int) []string { return r.native("play", end, "in.raw") },
}

var recorders = map[string]recorder{
	"arecord": func(r *rig, end string, _ int) []string {
		return append(append([]string{"arecord"}, rawArgs(cd)...), "--period-size", "512", "-D", "loopbridge:"+end, r.file("out.raw"))
	},
	"sox": func(r *rig, end string, frames int) []string {
		return []string{"sox", "-q", "-D", "-t", "alsa", "-r", "44100", "-e", "signed", "-b", "16", "-c", "2", "loopbridge:" + end, r.file("out.raw"), "trim", "0", fmt.Sprintf("%ds", frames)}
	},
	"ffmpeg": func(r *rig, end string, _ int) []string {
		return []string{"ffmpeg", "-nostdin", "-v", "error", "-f", "alsa", "-c:a", "pcm_s16le", "-sample_rate", "44100", "-channels", "2", "-i", "loopbridge:" + end, "-f", "s16le", r.file("out.raw")}
	},
	"loopbridge": func(r *rig, end string, _ int) []string { return r.native("record", end, "out.raw") },
}

// native is a command of loopbridge itself, for NAME or NAME,server.
func (r *rig) native(command, end, file string) []string {
	args := []string{r.loopbridge(), command, "-r", "44100", "-c", "2", "-f", "S16_LE"}
	name, server := strings.CutSuffix(end, ",server")
	if server {
		args = append(args, "--server")
	}
	return append(args, name, r.file(file))
}

// begin starts a command.
func (r *rig) begin(command []string) *program {
	r.Helper()
	return r.start(command[0], command[1:]...)
}

// TestProgramsAtBothEnds has each program that plays heard by each that records, with
// either as the server. Nothing may be missing, repeated or changed.
func TestProgramsAtBothEnds(t *testing.T) {
	for playing, play := range players {
		for recording, record := range recorders {
			if playing == "loopbridge" && recording == "loopbridge" {
				continue // no matter of the plugin
			}
			t.Run(playing+"_client_to_"+recording+"_server", func(t *testing.T) {
				t.Parallel()
				programsAtBothEnds(t, play, record, "", ",server")
			})
			t.Run(playing+"_server_to_"+recording+"_client", func(t *testing.T) {
				t.Parallel()
				programsAtBothEnds(t, play, record, ",server", "")
			})
		}
	}
}

func programsAtBothEnds(t *testing.T, play player, record recorder, playEnd, recordEnd string) {
	const length = 41061
	r := newRig(t, followsTheWork, loop.Spec{Name: "loop0"}, loop.Spec{Name: "endless", OnClientClose: loop.Silence})
	name := "loop0"
	if record(r, "", 0)[0] == "sox" && strings.HasSuffix(recordEnd, ",server") {
		// To SoX the end of a stream is an error that it tries to recover from, so it
		// would wait for the next client.
		name = "endless"
	}
	material := noise(cd, length, 2)
	r.write("in.raw", material)
	first, second := play(r, name+playEnd, length), record(r, name+recordEnd, length)
	if recordEnd != "" {
		first, second = second, first
	}
	if _, err := exec.LookPath(second[0]); err != nil {
		t.Skipf("not tested: %s at an end of a loop; it is not installed", second[0])
	}
	one := r.begin(first)
	r.serverArmed(name)
	two := r.begin(second)
	playing := two
	if recordEnd == "" {
		playing = one
	}
	one.wait(r)
	two.wait(r)
	if name == "loop0" { // else its silence at the end may come too late for SoX
		playing.succeeds(r)
	}
	block := max(1, blocks[record(r, "", 0)[0]])
	r.startsWith(r.read("out.raw"), material, length/block*block, cd)
}
