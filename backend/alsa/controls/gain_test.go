package controls

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestGain(t *testing.T) {
	inf := math.Inf(-1)
	for _, c := range []struct {
		name    string
		list    []Element
		d       audio.Direction
		gain    int
		r       Rounding
		control string
		value   int64
		remains float64 // dB
	}{
		{"full", cardHDAMicro(), play, 255, Nearest, "Master Playback Volume", 74, 0},
		{"half", cardHDAMicro(), play, 128, Nearest, "Master Playback Volume", 68, 20*math.Log10(128.0/255) + 6},
		{"half", cardHDAMicro(), play, 127, Nearest, "Master Playback Volume", 68, 20*math.Log10(127.0/255) + 6},
		{"above", cardHDAMicro(), play, 126, Above, "Master Playback Volume", 68, 20*math.Log10(126.0/255) + 6},
		{"above", cardHDAMicro(), play, 120, Above, "Master Playback Volume", 68, 20*math.Log10(120.0/255) + 6},
		{"nearest", cardHDAMicro(), play, 120, Nearest, "Master Playback Volume", 67, 20*math.Log10(120.0/255) + 7},
		{"0 without a mute", cardHDAMicro(), play, 0, Nearest, "Master Playback Volume", 0, inf},
		{"one for each port", cardHeadset(), play, 0, Nearest, "Headset Playback Volume", 0, 0},
		{"over two masters", cardAC97(), play, 255, Nearest, "PCM Playback Volume", 23, 0},
		{"more than 0 dB is not used", cardAC97(), record, 255, Nearest, "Capture Volume", 0, 0},
		{"less than there is", cardAC97(), record, 128, Nearest, "Capture Volume", 0, 20 * math.Log10(128.0/255)},
		{"scale beside it", cardES1370(), play, 255, Nearest, "Master Playback Volume", 31, 0},
		{"minmax", cardUSBInterface(), play, 255, Nearest, "PCM Playback Volume", 255, 0},
		{"of USB", cardUSBInterface(), record, 255, Nearest, "PCM Capture Volume", 255, 0},
		{"whatever name", cardUSB(), play, 255, Nearest, "Audio Output Volume Control Playback Volume", 241, 20*0 - (-127.99 + 241*135.99/256)},
		{"from below 0", cardDummy(), play, 255, Nearest, "Master Volume", 100, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, f := cardOf(t, c.list, Names{})
			remains, err := m.SetGain(c.d, c.gain, c.r)
			if err != nil {
				t.Fatal(err)
			}
			if v := f.get(c.control); v[0] != c.value || v[len(v)-1] != c.value {
				t.Errorf("%s is %v, want %d", c.control, v, c.value)
			}
			if remains != c.remains && !(math.Abs(remains-c.remains) < 1e-9) {
				t.Errorf("%g dB remain, want %g", remains, c.remains)
			}
		})
	}
}

// TestGainAddsUp: for every gain, what the hardware does and what remains are the gain; the
// nearest step is within half a step, and from above nothing is amplified.
func TestGainAddsUp(t *testing.T) {
	m, _ := cardOf(t, cardLaptop(), Names{})
	for gain := 1; gain <= 255; gain++ {
		for _, r := range []Rounding{Nearest, Above} {
			remains, err := m.SetGain(play, gain, r)
			if err != nil {
				t.Fatal(err)
			}
			l, err := m.Level(play)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(l.Now+remains-20*math.Log10(float64(gain)/255)) > 1e-5 {
				t.Errorf("gain %d: %g and %g dB", gain, l.Now, remains)
			}
			if math.Abs(remains) > 0.3751 && r == Nearest || remains > 0 && r == Above || remains < -0.751 {
				t.Errorf("gain %d: %g dB remain", gain, remains)
			}
		}
	}
	if l, err := m.Level(play); err != nil || l.Gain != 255 || !math.IsInf(l.Low, -1) || l.High != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestWay: from whatever volume to whatever gain, in steps that cannot be heard where the
// scale has them, to just where SetGain goes.
func TestWay(t *testing.T) {
	const most = 0.5
	fine := volume(2, 60*256, []uint32{tlvMinMaxMute, 8, 0xffffe890, 0}, "Master Playback Volume") // −60 dB
	linear := volume(2, 100, []uint32{tlvLinear, 8, 0xffffe890, 0}, "Master Playback Volume")
	for name, list := range map[string][]Element{"1 dB": cardHDAMicro(), "0.75 dB": cardLaptop(), "fine": fine, "linear": linear} {
		t.Run(name, func(t *testing.T) {
			m, f := cardOf(t, list, Names{})
			go func() {
				for range m.Changes() { // those of f.set
				}
			}()
			e := m.elements[mixerID("Master Playback Volume")]
			for _, from := range []int64{e.Min, e.Min + 1, (e.Min + e.Max) / 3, e.Max} {
				for _, gain := range []int{0, 1, 64, 200, 254, 255} {
					f.set("Master Playback Volume", e.all(from)...)
					levels, err := m.Way(play, gain, Above, most)
					if err != nil {
						t.Fatal(err)
					}
					if levels[0] != e.Scale.Decibels(from) {
						t.Errorf("from %d to gain %d: begins at %g dB, want %g", from, gain, levels[0], e.Scale.Decibels(from))
					}
					for i := 1; i < len(levels); i++ {
						got, err := m.SetLevel(play, levels[i], Above)
						if err != nil || got != levels[i] {
							t.Fatalf("%g dB is set as %g, %v", levels[i], got, err)
						}
						step := math.Abs(levels[i] - levels[i-1])
						low := e.Scale.AtLeast(math.Min(levels[i], levels[i-1]))
						if step > most+scaleTolerance && e.Scale.AtLeast(math.Max(levels[i], levels[i-1])) != low+1 {
							t.Errorf("from %d to gain %d: a step from %g to %g dB", from, gain, levels[i-1], levels[i])
						}
					}
					there := slices.Clone(f.get("Master Playback Volume"))
					if _, err := m.SetGain(play, gain, Above); err != nil || !slices.Equal(there, f.get("Master Playback Volume")) {
						t.Errorf("from %d to gain %d: ends at %v, and SetGain at %v", from, gain, there, f.get("Master Playback Volume"))
					}
					if len(levels) > 3000 {
						t.Errorf("%d steps", len(levels))
					}
				}
			}
			if e.Count < 2 {
				return
			}
			f.set("Master Playback Volume", e.Max, e.Min)
			if levels, err := m.Way(play, 255, Above, most); err != nil || len(levels) != 2 {
				t.Errorf("one channel is elsewhere: %v, %v", levels, err)
			}
		})
	}
	m, _ := cardOf(t, cardES1370(), Names{})
	if _, err := m.Way(record, 1, Above, most); !errors.Is(err, audio.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if _, err := m.Way(play, 256, Above, most); !errors.Is(err, audio.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestGainIsRefused(t *testing.T) {
	m, _ := cardOf(t, cardES1370(), Names{})
	if _, err := m.SetGain(record, 1, Nearest); !errors.Is(err, audio.ErrUnsupported) || err.Error() != "the card has no volume with a scale in dB to record with" {
		t.Errorf("got %v", err)
	}
	if _, err := m.Level(record); !errors.Is(err, audio.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	for _, gain := range []int{-1, 256} {
		if _, err := m.SetGain(play, gain, Nearest); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("gain %d: %v", gain, err)
		}
		if _, err := m.SetMonitor(gain); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("monitor gain %d: %v", gain, err)
		}
	}
}

func TestMonitor(t *testing.T) {
	m, f := cardOf(t, cardAC97(), Names{})
	if !m.HasMonitor() {
		t.Fatal("no monitor")
	}
	if err := m.Select(record, lineIn); err != nil {
		t.Fatal(err)
	}
	f.set("Mic Playback Switch", 1)
	if heard, err := m.SetMonitor(128); err != nil || heard != -6 {
		t.Errorf("%g dB are heard, %v", heard, err)
	}
	check := func(when string, want map[string]int64) {
		t.Helper()
		for name, v := range want {
			if got := f.get(name); got[0] != v {
				t.Errorf("%s: %s is %v, want %d", when, name, got, v)
			}
		}
	}
	monitored := func(want int) {
		t.Helper()
		if gain, err := m.MonitorGain(); err != nil || gain != want {
			t.Errorf("monitored with %d, %v, want %d", gain, err, want)
		}
	}
	monitored(128)
	f.set("Line Playback Switch", 0)
	monitored(0)
	f.set("Line Playback Switch", 1)
	check("line", map[string]int64{"Line Playback Volume": 19, "Line Playback Switch": 1, "Mic Playback Switch": 0})
	if err := m.Select(record, mic); err != nil {
		t.Fatal(err)
	}
	check("mic", map[string]int64{"Mic Playback Volume": 19, "Mic Playback Switch": 1, "Line Playback Switch": 0})
	if heard, err := m.SetMonitor(0); err != nil || !math.IsInf(heard, -1) {
		t.Errorf("%g dB are heard, %v", heard, err)
	}
	check("none", map[string]int64{"Mic Playback Volume": 19, "Mic Playback Switch": 0})
}

// TestMonitorOfTheWayInUse: an internal microphone has a path of its own.
func TestMonitorOfTheWayInUse(t *testing.T) {
	m, f := cardOf(t, cardLaptop(), Names{})
	if err := m.Select(record, mic); err != nil {
		t.Fatal(err)
	}
	if heard, err := m.SetMonitor(255); err != nil || heard != 0 {
		t.Errorf("%g, %v", heard, err)
	}
	if f.get("Internal Mic Playback Switch")[1] != 1 || f.get("Mic Playback Switch")[1] != 0 || f.get("Loopback Mixing")[0] != 1 {
		t.Errorf("not the internal microphone")
	}
	f.others("Mic Jack", 1)
	<-m.Changes()
	if err := m.Select(record, mic); err != nil {
		t.Fatal(err)
	}
	if f.get("Internal Mic Playback Switch")[1] != 0 || f.get("Mic Playback Switch")[1] != 1 || f.get("Input Source")[0] != 1 {
		t.Errorf("not the microphone that was plugged in")
	}
}

// TestMonitorSwitch: ES1370 can only say on or off, its volumes are those of the recording.
func TestMonitorSwitch(t *testing.T) {
	m, f := cardOf(t, cardES1370(), Names{})
	if _, err := m.SetMonitor(1); !errors.Is(err, audio.ErrUnsupported) || !strings.Contains(err.Error(), "record.port=") {
		t.Errorf("with all inputs off: %v", err)
	}
	if err := m.Select(record, mic); err != nil {
		t.Fatal(err)
	}
	for gain, want := range map[int]int64{0: 0, 127: 0, 128: 1, 255: 1} {
		heard, err := m.SetMonitor(gain)
		if now, err := m.MonitorGain(); err != nil || now != int(255*want) {
			t.Errorf("gain %d reads as %d, %v", gain, now, err)
		}
		if err != nil || f.get("Mic Playback Switch")[0] != want || f.get("Mic Volume")[0] != 25 || math.IsInf(heard, -1) != (want == 0) {
			t.Errorf("gain %d: %g dB, %v", gain, heard, err)
		}
	}
}

func TestMonitorIsRefused(t *testing.T) {
	m, _ := cardOf(t, cardUSB(), Names{})
	if m.HasMonitor() {
		t.Error("a monitor")
	}
	_, err := m.SetMonitor(1)
	if want := `the card has no path from microphone to its outputs; use monitor = "software"`; !errors.Is(err, audio.ErrUnsupported) || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := m.SetMonitor(0); err != nil {
		t.Error(err)
	}
	if _, err := m.MonitorGain(); !errors.Is(err, audio.ErrUnsupported) {
		t.Error(err)
	}
}

// TestMute: a Select in between does not end it.
func TestMute(t *testing.T) {
	m, f := cardOf(t, cardHDAMicro(), Names{})
	for _, muted := range []bool{true, false} {
		if err := m.SetMuted(muted); err != nil {
			t.Fatal(err)
		}
		if err := m.Select(play, speaker); err != nil {
			t.Fatal(err)
		}
		if on := f.get("Master Playback Switch")[0] == 1; on == muted {
			t.Errorf("muted %v, and on %v", muted, on)
		}
	}
}

// TestMutePorts: without a switch over all ports, those of the ports are off meanwhile.
func TestMutePorts(t *testing.T) {
	m, f := cardOf(t, cardAC97(), Names{})
	steps := []struct {
		do                 func() error
		speaker, headphone int64
		selected           audio.Ports
	}{
		{func() error { return m.Select(play, speaker) }, 1, 0, speaker},
		{func() error { return m.SetMuted(true) }, 0, 0, speaker},
		{func() error { return m.SetMuted(true) }, 0, 0, speaker},
		{func() error { return m.SetMuted(false) }, 1, 0, speaker},
		{func() error { return m.SetMuted(true) }, 0, 0, speaker},
		{func() error { return m.Select(play, headphone) }, 0, 0, headphone},
		{func() error { return m.SetMuted(false) }, 0, 1, headphone},
	}
	for i, s := range steps {
		if err := s.do(); err != nil {
			t.Fatal(err)
		}
		on, err := m.Selected(play)
		if f.get("Master Playback Switch")[0] != s.speaker || f.get("Headphone Playback Switch")[0] != s.headphone || on != s.selected || err != nil {
			t.Errorf("%d: speaker %v, headphone %v, selected %v, %v", i, f.get("Master Playback Switch"), f.get("Headphone Playback Switch"), on, err)
		}
	}
}

func TestMuteIsRefused(t *testing.T) {
	m, _ := cardOf(t, cardLoopback(), Names{})
	if err := m.SetMuted(true); !errors.Is(err, audio.ErrUnsupported) || err.Error() != "the card has no switch that mutes speaker" {
		t.Errorf("got %v", err)
	}
}
