package mixer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// tone is frames of a sine with so many periods in them.
func tone(channels, frames, periods int, amplitude float64) []float32 {
	block := make([]float32, channels*frames)
	for i := range block {
		block[i] = float32(amplitude * math.Sin(2*math.Pi*float64(periods)*float64(i/channels)/float64(frames)))
	}
	return block
}

func TestD20MonitorAddsTheRecordBlock(t *testing.T) {
	const frames = 480
	record, play := tone(1, frames, 10, 0.9), tone(2, frames, 30, 0.3)
	for gain := range MaxGain + 1 {
		m := NewMonitor(audio.DefaultMatrix(1, 2).ChannelMix(), frames)
		if !m.Silent() {
			t.Fatal("a new monitor is heard")
		}
		m.Set(gain)
		m.Jump()
		out := append([]float32(nil), play...)
		m.Mix(out, record)
		peak := 0.0
		for i := range out {
			want := play[i] + float32(record[i/2]*Amplitude(gain))
			if out[i] != want {
				t.Fatalf("gain %d, sample %d is %v, want %v", gain, i, out[i], want)
			}
			peak = max(peak, math.Abs(float64(out[i]-play[i])))
		}
		if want := Decibels(gain) + decibels(0.9); gain > 0 && math.Abs(decibels(peak)-want) > 0.01 {
			t.Errorf("gain %d adds %v dB, want %v", gain, decibels(peak), want)
		}
		if m.Silent() != (gain == 0) {
			t.Errorf("gain %d: silent is %v", gain, m.Silent())
		}
	}
}

func TestD20MonitorRamps(t *testing.T) {
	m := NewMonitor(audio.DirectMatrix(3, 3).ChannelMix(), 100)
	m.Set(MaxGain)
	play := make([]float32, 3*250) // longer than the period
	m.Mix(play, ones(3*250))
	for i, x := range play {
		want := min(float64(i/3+1)/100, 1)
		if math.Abs(float64(x)-want) > 1e-6 || i/3 >= 99 && x != 1 {
			t.Fatalf("frame %d is %v, want %v", i/3, x, want)
		}
	}
}

func TestD20MonitorMapsChannels(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 20))
	for _, c := range [][2]int{{1, 2}, {2, 1}, {2, 6}, {6, 2}, {8, 8}, {2, 64}, {64, 2}} {
		x := audio.DefaultMatrix(c[0], c[1]).ChannelMix()
		m := NewMonitor(x, 64)
		m.Set(MaxGain)
		m.Jump()
		record, play, want := noise(r, 64*c[0]), make([]float32, 65*c[1]), make([]float32, 65*c[1])
		x.Apply(want, record)
		m.Mix(play, record)
		for i := range play {
			if play[i] != want[i] {
				t.Fatalf("%d to %d channels: sample %d is %v, want %v", c[0], c[1], i, play[i], want[i])
			}
		}
	}
}

// A program and the monitor, both at full scale, and the gain and mute of the output.
func TestD20MonitorSaturates(t *testing.T) {
	m := NewMonitor(audio.DefaultMatrix(2, 2).ChannelMix(), 64)
	m.Set(MaxGain)
	m.Jump()
	play, raw := ones(128), make([]byte, 256)
	for i := range play {
		if i%3 == 0 {
			play[i] = -1
		}
	}
	record := append([]float32(nil), play...)
	m.Mix(play, record)
	audio.S16LE.Encode(raw, play, nil)
	for i := range play {
		got, want := int16(uint16(raw[2*i])|uint16(raw[2*i+1])<<8), int16(32767)
		if i%3 == 0 {
			want = -32768
		}
		if got != want {
			t.Fatalf("sample %d, %v, became %d", i, play[i], got)
		}
	}
	out := NewFader(2, Setting{Gain: MaxGain, Balance: MidBalance, Mute: true})
	out.Apply(play, play)
	for _, x := range play {
		if x != 0 {
			t.Fatal("output_muted lets the monitor through")
		}
	}
}
