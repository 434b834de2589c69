package alsatest_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// noise is reproducible sound: the same for the same seed and length. Floats are
// within -1..1, so that no program has a reason to change them.
func noise(f audio.Format, frames int, seed uint64) []byte {
	p := make([]byte, frames*f.FrameBytes())
	random := rand.New(rand.NewPCG(seed, uint64(frames)))
	if f.Encoding == audio.FloatLE {
		for i := 0; i < len(p); i += 4 {
			binary.LittleEndian.PutUint32(p[i:], math.Float32bits(float32(2*random.Float64()-1)))
		}
		return p
	}
	for i := range p {
		p[i] = byte(random.Uint32())
	}
	return p
}

// same fails the test where what arrived is not what was sent, and says where.
func (r *rig) same(got, want []byte, f audio.Format) {
	r.Helper()
	if bytes.Equal(got, want) {
		return
	}
	size := f.FrameBytes()
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	r.Errorf("%d frames and %d bytes arrived, want %d frames; they differ from frame %d on", len(got)/size, len(got)%size, len(want)/size, at/size)
}

// startsWith fails the test unless least frames of the material or more arrived, and
// nothing but silence after it: players fill up their last block.
func (r *rig) startsWith(got, material []byte, least int, f audio.Format) {
	r.Helper()
	n := min(max(len(got), least*f.FrameBytes()), len(material))
	if len(got) > n && len(bytes.Trim(got[n:], "\x00")) == 0 {
		got = got[:n]
	}
	r.same(got, material[:n], f)
}

// wavOf is a file with these frames.
func wavOf(t *testing.T, f audio.Format, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := wav.NewWriter(&b, f)
	if err == nil {
		err = w.WriteFrames(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := b.Bytes() // the lengths of a stream are unknown, those of a file are not
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	binary.LittleEndian.PutUint32(file[len(file)-len(data)-4:], uint32(len(data)))
	return file
}

// tone is a sine on all channels, in S16_LE.
func tone(f audio.Format, hertz, amplitude float64, frames int) []byte {
	p := make([]byte, 0, frames*f.FrameBytes())
	for i := range frames {
		v := int16(amplitude * math.Sin(2*math.Pi*hertz*float64(i)/float64(f.Rate)))
		for range f.Channels {
			p = binary.LittleEndian.AppendUint16(p, uint16(v))
		}
	}
	return p
}

// measure counts the zero crossings, upward, and takes the effective level of some
// frames of a channel in S16_LE.
func measure(p []byte, f audio.Format, channel, from, frames int) (crossings int, level float64) {
	before, sum := 0.0, 0.0
	for i := from; i < from+frames && (i+1)*f.FrameBytes() <= len(p); i++ {
		v := float64(int16(binary.LittleEndian.Uint16(p[i*f.FrameBytes()+2*channel:])))
		if before < 0 && v >= 0 {
			crossings++
		}
		before, sum = v, sum+v*v
	}
	return crossings, math.Sqrt(sum / float64(frames))
}
