package alsatest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/loop"
)

// surround is the format of the files below: 5.1, or as many channels as a test wants.
func surround(channels int) audio.Format {
	return audio.Format{Rate: 48000, Channels: channels, Encoding: audio.S16LE}
}

// tonesLength is how long these files are, in frames.
const tonesLength = 24000

// tones has another tone on each channel: 300 Hz, 500 Hz ...
func tones(f audio.Format) (p []byte) {
	for i := range tonesLength {
		for c := range f.Channels {
			hertz := float64(300 + 200*c)
			v := int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/float64(f.Rate)))
			p = binary.LittleEndian.AppendUint16(p, uint16(v))
		}
	}
	return p
}

// heardOrder is which of the tones each channel of a WAV file has, counted from 1; 0: none
// of them.
func (r *rig) heardOrder(file string) (order []int) {
	r.Helper()
	w, err := wav.NewReader(bytes.NewReader(r.read(file)))
	if err != nil {
		r.Errorf("what was recorded is no WAV file: %v", err)
		return nil
	}
	f := w.Format()
	if f.Encoding != audio.S16LE {
		r.Fatalf("%s was recorded", f)
	}
	block := make([]byte, 2*tonesLength*f.FrameBytes())
	n := 0
	for n < len(block) {
		m, err := w.ReadFrames(block[n:])
		if n += m * f.FrameBytes(); err != nil {
			break
		}
	}
	for c := range f.Channels {
		order = append(order, whichTone(block[:n], f, c))
	}
	return order
}

// whichTone is which of the tones a channel has, counted from 1; 0: none. A player that is late leaves
// gaps, GStreamer for one, so waves are counted that are whole: a fifth of the file has to be of
// the tone, and little of anything else.
func whichTone(block []byte, f audio.Format, channel int) int {
	var waves [16]int // of each tone
	all, last, before, peak := 0, -1, 0, 0
	for i := range len(block) / f.FrameBytes() {
		v := int(int16(binary.LittleEndian.Uint16(block[i*f.FrameBytes()+2*channel:])))
		peak = max(peak, v)
		if before < 0 && v >= 0 {
			for tone := range waves {
				if math.Abs(float64(i-last)-wave(f, tone)) < 1 && last >= 0 {
					waves[tone]++
				}
			}
			all++
			last = i
		}
		before = v
	}
	for tone, n := range waves {
		if float64(n)*wave(f, tone) > tonesLength/5 && 4*n > 3*all && peak > 7000 {
			return tone + 1
		}
	}
	return 0
}

// wave is the length of a wave of a tone in frames.
func wave(f audio.Format, tone int) float64 { return float64(f.Rate) / float64(300+200*tone) }

// straight is the order in which nothing has changed its place.
func straight(channels int) (order []int) {
	for c := range channels {
		order = append(order, c+1)
	}
	return order
}

// surroundPlayers play six.wav at an end, each in its own way.
var surroundPlayers = map[string]func(r *rig, end string) []string{
	"aplay": func(r *rig, end string) []string {
		return []string{"aplay", "-q", "-D", "loopbridge:" + end, r.file("six.wav")}
	},
	"ffmpeg": func(r *rig, end string) []string {
		return []string{"ffmpeg", "-nostdin", "-v", "error", "-i", r.file("six.wav"), "-f", "alsa", "loopbridge:" + end}
	},
	"loopbridge": func(r *rig, end string) []string { return r.command("play", end, "six.wav") },
	"mpv": func(r *rig, end string) []string {
		return []string{"mpv", "--no-config", "--no-video", "--really-quiet", "--audio-channels=5.1", "--ao=alsa", "--audio-device=alsa/loopbridge:" + end, r.file("six.wav")}
	},
	"gst-launch-1.0": func(r *rig, end string) []string {
		// What it knows of its plugins is found out once.
		registry := "GST_REGISTRY=" + filepath.Join(filepath.Dir(agentProgram(r.T)), "gst-registry")
		return []string{"env", registry, "gst-launch-1.0", "-q", "filesrc", "location=" + r.file("six.wav"), "!", "wavparse", "!", "audioconvert", "!", "alsasink", "device=loopbridge:" + end}
	},
}

// surroundRecorders record six channels of an end into out.wav.
var surroundRecorders = map[string]func(r *rig, end string) []string{
	"arecord": func(r *rig, end string) []string {
		return []string{"arecord", "-q", "-f", "S16_LE", "-r", "48000", "-c", "6", "--period-size", "512", "-D", "loopbridge:" + end, r.file("out.wav")}
	},
	"loopbridge": func(r *rig, end string) []string { return r.command("record", end, "out.wav") },
	"ffmpeg": func(r *rig, end string) []string {
		return []string{"ffmpeg", "-nostdin", "-v", "error", "-f", "alsa", "-c:a", "pcm_s16le", "-sample_rate", "48000", "-channels", "6", "-i", "loopbridge:" + end, r.file("out.wav")}
	},
}

// command is one of loopbridge itself, for NAME or NAME,server, that says no format.
func (r *rig) command(verb, end, file string) []string {
	name, server := strings.CutSuffix(end, ",server")
	if server {
		return []string{r.loopbridge(), verb, "--server", name, r.file(file)}
	}
	return []string{r.loopbridge(), verb, name, r.file(file)}
}

// needs skips the test where a program is not installed.
func (r *rig) needs(name string) {
	r.Helper()
	if _, err := exec.LookPath(name); err != nil && name != "loopbridge" {
		r.Skipf("not tested: the order of the channels of %s; it is not installed", name)
	}
}

// TestSurroundThroughEveryPair has 5.1 played by each player, and recorded by each recorder,
// with either as the server. Each channel of the file that is recorded has the tone of the
// file that is played.
func TestSurroundThroughEveryPair(t *testing.T) {
	for playing, play := range surroundPlayers {
		for recording, record := range surroundRecorders {
			for _, playsServer := range []bool{false, true} {
				name, playEnd, recordEnd := playing+"_to_"+recording+"_server", "six", "six,server"
				if playsServer {
					name, playEnd, recordEnd = playing+"_server_to_"+recording, "six,server", "six"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					r := newRig(t, followsTheWork, loop.Spec{Name: "six", Format: surround(6)})
					r.needs(playing)
					r.needs(recording)
					r.write("six.wav", wavOf(t, surround(6), tones(surround(6))))
					first, second := record(r, recordEnd), play(r, playEnd)
					if playsServer {
						first, second = second, first
					}
					one := r.begin(first)
					r.until("the server has begun, or given up", func() bool {
						return one.ended() || r.status("six").Server.State.String() == "armed"
					})
					two := r.begin(second)
					one.wait(r)
					two.wait(r)
					if got := r.heardOrder("out.wav"); !slices.Equal(got, straight(6)) {
						t.Errorf("channels %v were heard in place of %v", got, straight(6))
					}
				})
			}
		}
	}
}

// heardFrom plays a file with aplay, and returns the order that the command records.
func (r *rig) heardFrom(f audio.Format, recorder []string, player ...string) []int {
	r.Helper()
	r.write("six.wav", wavOf(r.T, f, tones(f)))
	one := r.begin(append(append([]string{}, recorder...), r.file("out.wav")))
	r.serverArmed("six")
	two := r.begin(append(player, r.file("six.wav")))
	two.succeeds(r)
	one.wait(r)
	return r.heardOrder("out.wav")
}

// Files of 3 to 9 channels pass through aplay as they are, whoever records.
func TestSurroundOfManyWidths(t *testing.T) {
	for channels := 3; channels <= 9; channels++ {
		t.Run(fmt.Sprint(channels), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, followsTheWork, loop.Spec{Name: "six", Format: surround(channels)})
			got := r.heardFrom(surround(channels), []string{r.loopbridge(), "record", "--server", "six"}, "aplay", "-q", "-D", "loopbridge:six")
			if !slices.Equal(got, straight(channels)) {
				t.Errorf("%v", got)
			}
		})
	}
}

// Who says where the channels stand is believed: aplay's option, and the definition.
func TestSurroundThatIsSaid(t *testing.T) {
	alsa := []int{1, 2, 5, 6, 3, 4} // ALSA's order, as a file has it
	for name, c := range map[string]struct {
		server []string // nothing: a recording in a file, which says its order
		player []string
		want   []int
	}{
		"aplay_-m":         {nil, []string{"aplay", "-q", "-m", "FL,FR,RL,RR,FC,LFE", "-D", "loopbridge:six"}, alsa},
		"aplay_-m_WAV":     {nil, []string{"aplay", "-q", "-m", "FL,FR,FC,LFE,RL,RR", "-D", "loopbridge:six"}, straight(6)},
		"aplay_-m_odd":     {nil, []string{"aplay", "-q", "-m", "SR,SL,LFE,FC,FR,FL", "-D", "loopbridge:six"}, []int{6, 5, 4, 3, 2, 1}},
		"POSITIONS=alsa":   {nil, []string{"aplay", "-q", "-D", "loopbridge:LOOP=six,POSITIONS=alsa"}, alsa},
		"POSITIONS=wav":    {nil, []string{"aplay", "-q", "-D", "loopbridge:LOOP=six,POSITIONS=Wav"}, straight(6)},
		"POSITIONS=loop":   {nil, []string{"sh", "-c", `exec ffmpeg -nostdin -v error -i "$0" -f alsa loopbridge:LOOP=six,POSITIONS=loop`}, alsa},
		"POSITIONS=list":   {nil, []string{"aplay", "-q", "-D", "loopbridge:LOOP=six,POSITIONS='LFE FC FR FL RL RR'"}, []int{4, 3, 2, 1, 5, 6}},
		"list_before_-m":   {nil, []string{"aplay", "-q", "-m", "FL,FR,FC,LFE,RL,RR", "-D", "loopbridge:LOOP=six,POSITIONS='LFE FC FR FL RL RR'"}, straight(6)},
		"list_of_another":  {nil, []string{"aplay", "-q", "-D", "loopbridge:LOOP=six,POSITIONS='FL FR'"}, straight(6)},
		"to_who_is_silent": {[]string{"--raw"}, []string{"aplay", "-q", "-D", "loopbridge:six"}, straight(6)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, followsTheWork, loop.Spec{Name: "six", Format: surround(6)})
			r.needs("aplay")
			r.needs("ffmpeg")
			if c.server == nil {
				got := r.heardFrom(surround(6), []string{r.loopbridge(), "record", "--server", "six"}, c.player...)
				if !slices.Equal(got, c.want) {
					t.Errorf("%v, want %v", got, c.want)
				}
				return
			}
			data := tones(surround(6))
			r.write("six.wav", wavOf(t, surround(6), data))
			one := r.begin(append([]string{r.loopbridge(), "record", "--server", "six", r.file("out.raw")}, c.server...))
			r.serverArmed("six")
			r.begin(append(slices.Clone(c.player), r.file("six.wav"))).succeeds(r)
			one.wait(r)
			r.startsWith(r.read("out.raw"), data, tonesLength, surround(6))
		})
	}
}

// A definition that says what cannot be is refused, with a sentence.
func TestPositionsThatCannotBe(t *testing.T) {
	for _, positions := range []string{"FL FL", "FL XX", "straight", "FL FR UNKNOWN", "WAVE"} {
		t.Run(positions, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, followsTheWork)
			p := r.open("aplay", "loopbridge:LOOP=loop0,POSITIONS='"+positions+"'")
			p.refused(r, syscall.EINVAL, "POSITIONS of loop0 is wav, alsa, loop, or a list")
		})
	}
}
