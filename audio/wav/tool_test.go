package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// These tests hold our WAV files against the programs that people use beside us.

// needTool skips a test when a program is missing.
func needTool(t *testing.T, name, what string) {
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("not tested: %s; %s is not installed", what, name)
	}
}

// tool runs a program with input and returns what it prints.
func tool(t testing.TB, input []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, errs.Bytes())
	}
	return out.Bytes()
}

// toolEncoding is how the programs name an encoding.
func toolEncoding(e audio.Encoding) (soxi, sox, ffmpeg string) {
	switch e {
	case audio.U8:
		return "Unsigned Integer PCM", "-e unsigned-integer -b 8", "pcm_u8"
	case audio.S16LE:
		return "Signed Integer PCM", "-e signed-integer -b 16", "pcm_s16le"
	case audio.S24LE3:
		return "Signed Integer PCM", "-e signed-integer -b 24", "pcm_s24le"
	case audio.S32LE:
		return "Signed Integer PCM", "-e signed-integer -b 32", "pcm_s32le"
	case audio.FloatLE:
		return "Floating Point PCM", "-e floating-point -b 32", "pcm_f32le"
	case audio.Float64LE:
		return "Floating Point PCM", "-e floating-point -b 64", "pcm_f64le"
	case audio.MuLaw:
		return "u-law", "-e u-law", "pcm_mulaw"
	}
	return "A-law", "-e a-law", "pcm_alaw"
}

// toolSound is sound that survives SoX's 32-bit integers: floats within ±1, and
// not the negative zero of mu-law.
func toolSound(f audio.Format, frames int) []byte {
	p := counted(f, frames)
	for i := range frames * f.Channels {
		v := float64(i%1000)/1024 - 0.5
		switch f.Encoding {
		case audio.FloatLE:
			binary.LittleEndian.PutUint32(p[4*i:], math.Float32bits(float32(v)))
		case audio.Float64LE:
			binary.LittleEndian.PutUint64(p[8*i:], math.Float64bits(v))
		case audio.MuLaw:
			if p[i] == 0x7F {
				p[i] = 0xFF
			}
		}
	}
	return p
}

func eachToolFormat(t *testing.T, channels []int, test func(t *testing.T, f audio.Format)) {
	for _, e := range wavEncodings() {
		for _, channels := range channels {
			f := audio.Format{Rate: 11025, Channels: channels, Encoding: e}
			t.Run(f.String(), func(t *testing.T) { test(t, f) })
		}
	}
}

func TestWAVSoXReadsOurs(t *testing.T) {
	needTool(t, "sox", "whether SoX reads our files and streams")
	needTool(t, "soxi", "whether soxi agrees about our headers")
	dir := t.TempDir()
	eachToolFormat(t, []int{1, 2, 6, 8, 64}, func(t *testing.T, f audio.Format) {
		soxi, raw, _ := toolEncoding(f.Encoding)
		want := toolSound(f, 333)
		name := filepath.Join(dir, "a.wav")
		if err := os.WriteFile(name, wavFile(t, f, want), 0o600); err != nil {
			t.Fatal(err)
		}
		info := strings.Join(strings.Fields(string(tool(t, nil, "soxi", name))), " ")
		for _, want := range []string{
			"Sample Rate : 11025 ", fmt.Sprintf("Channels : %d ", f.Channels), " = 333 samples ",
			fmt.Sprintf("Sample Encoding: %d-bit %s", f.Encoding.Bits(), soxi),
		} {
			if !strings.Contains(info+" ", want) {
				t.Errorf("soxi does not say %q but\n%s", want, info)
			}
		}
		toRaw := append(append([]string{}, strings.Fields("-D -V1 -t wav - -t raw "+raw)...), "-")
		if got := tool(t, wavFile(t, f, want), "sox", toRaw...); !bytes.Equal(got, want) {
			t.Errorf("SoX reads %d bytes from the file, not the %d written", len(got), len(want))
		}
		stream := &memDisk{}
		record(t, struct{ io.Writer }{stream}, f, want, 100)
		if got := tool(t, stream.data, "sox", toRaw...); !bytes.Equal(got, want) {
			t.Errorf("SoX reads %d bytes from the stream, not the %d written", len(got), len(want))
		}
	})
}

func TestWAVWeReadSoX(t *testing.T) {
	needTool(t, "sox", "whether we read what SoX writes to files and pipes")
	dir := t.TempDir()
	for _, order := range []string{"-L", "-B"} {
		eachToolFormat(t, []int{1, 3, 64}, func(t *testing.T, f audio.Format) {
			_, raw, _ := toolEncoding(f.Encoding)
			want := toolSound(f, 333)
			name := filepath.Join(dir, "a.wav")
			from := strings.Fields(fmt.Sprintf("-D -V1 -t raw -L -r %d -c %d %s -", f.Rate, f.Channels, raw))
			to := append([]string{order, "-t", "wav"}, strings.Fields(raw)...)
			if order == "-B" {
				f.Encoding, want = wavBigEndian(f.Encoding), swapped(f.Encoding, want)
			}

			tool(t, want0(f, want), "sox", append(append(from, to...), name)...)
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, sound, err := readWAV(bytes.NewReader(file))
			if got != f || !bytes.Equal(sound, want) || err != nil {
				t.Errorf("file: read %v, %d bytes of %d, error %v", got, len(sound), len(want), err)
			}

			// To a pipe SoX promises 2 GiB; its pad byte cannot be told from sound.
			stream := tool(t, want0(f, want), "sox", append(append(from, to...), "-")...)
			got, sound, err = readWAV(bytes.NewReader(stream))
			if got != f || !bytes.HasPrefix(sound, want) || len(sound) > len(want)+len(want)&1 || err != nil {
				t.Errorf("pipe: read %v, %d bytes of %d, error %v", got, len(sound), len(want), err)
			}
			if r, _ := NewReader(bytes.NewReader(stream)); r != nil {
				if n, known := r.Frames(); known {
					t.Errorf("pipe: %d frames are taken for true", n)
				}
			}
		})
	}
}

// want0 is the little-endian form of sound in f.
func want0(f audio.Format, sound []byte) []byte {
	if wavTag(f.Encoding) != 0 {
		return sound
	}
	return swapped(f.Encoding, sound)
}

// swapped turns every sample of sound round.
func swapped(e audio.Encoding, sound []byte) []byte {
	out := make([]byte, len(sound))
	size := e.Bytes()
	for i := range sound {
		out[i] = sound[i/size*size+size-1-i%size]
	}
	return out
}

func TestWAVFFmpegReadsOurs(t *testing.T) {
	needTool(t, "ffprobe", "whether ffprobe agrees about our headers, RF64 included")
	needTool(t, "ffmpeg", "whether FFmpeg reads our files and streams")
	dir := t.TempDir()
	eachToolFormat(t, []int{1, 6}, func(t *testing.T, f audio.Format) {
		_, _, codec := toolEncoding(f.Encoding)
		want := toolSound(f, 333)
		d := &memDisk{}
		w, err := NewWriter(d, f)
		if err != nil {
			t.Fatal(err)
		}
		if f.Channels == 6 {
			w.limit = 1000 // RF64
		}
		if err := errors.Join(w.WriteFrames(want), w.Close()); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "a.wav")
		if err := os.WriteFile(name, d.data, 0o600); err != nil {
			t.Fatal(err)
		}
		probe := tool(t, nil, "ffprobe", "-v", "error", "-of", "csv=p=0",
			"-show_entries", "stream=codec_name,sample_rate,channels,duration_ts", name)
		if got, want := strings.TrimSpace(string(probe)), fmt.Sprintf("%s,11025,%d,333", codec, f.Channels); got != want {
			t.Errorf("ffprobe prints %q, want %q", got, want)
		}
		stream := &memDisk{}
		record(t, struct{ io.Writer }{stream}, f, want, 100)
		fromStream := tool(t, stream.data, "ffmpeg", strings.Fields("-v error -y -i "+name+" -f wav -i pipe:0"+
			" -map 0:a -c copy -f data "+name+".raw -map 1:a -c copy -f data pipe:1")...)
		fromFile, _ := os.ReadFile(name + ".raw")
		if !bytes.Equal(fromFile, want) || !bytes.Equal(fromStream, want) {
			t.Errorf("FFmpeg reads %d bytes from the file and %d from the stream, not the %d written",
				len(fromFile), len(fromStream), len(want))
		}
	})
}

func TestWAVWeReadFFmpeg(t *testing.T) {
	needTool(t, "ffmpeg", "whether we read what FFmpeg writes to files and pipes")
	name := filepath.Join(t.TempDir(), "a.wav")
	for _, e := range wavEncodings() {
		f := audio.Format{Rate: 11025, Channels: 2, Encoding: e}
		_, _, codec := toolEncoding(e)
		want := toolSound(f, 333)
		to := " -c:a " + codec + " -f wav "
		files := map[string][]byte{"pipe": tool(t, want, "ffmpeg", strings.Fields("-v error -y -ar 11025 -ac 2 -f "+
			strings.TrimPrefix(codec, "pcm_")+" -i pipe:0"+to+"pipe:1 "+to+name+to+"-rf64 always "+name+"64")...)}
		files["file"], _ = os.ReadFile(name)
		files["RF64"], _ = os.ReadFile(name + "64")
		for what, b := range files {
			got, sound, err := readWAV(bytes.NewReader(b))
			if got != f || !bytes.Equal(sound, want) || err != nil {
				t.Errorf("%s, %s: read %v, %d bytes of %d, error %v", codec, what, got, len(sound), len(want), err)
			}
		}
	}
}

// arecord without a duration cannot know the size, and stores 24 bits its own way.
func TestWAVWeReadArecord(t *testing.T) {
	needTool(t, "arecord", "whether we read what arecord writes to a pipe")
	for _, e := range []audio.Encoding{audio.U8, audio.S16LE, audio.S24LE3, audio.S24LE, audio.S32LE, audio.FloatLE} {
		cmd := exec.Command("arecord", "-q", "-D", "null", "-t", "wav", "-f", e.String(), "-r", "8000", "-c", "2")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(out)
		if err == nil {
			_, known := r.Frames()
			n, read := r.ReadFrames(make([]byte, 64000))
			if want := (audio.Format{Rate: 8000, Channels: 2, Encoding: e}); r.Format() != want || known || n == 0 || read != nil {
				t.Errorf("%v: read %v, %d frames, known %v, error %v", e, r.Format(), n, known, read)
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		if err != nil {
			t.Skipf("not tested: reading from arecord; it has no null device here (%v)", err)
		}
	}
}
