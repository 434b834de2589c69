package alarm

import (
	"fmt"
	"math"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Facts are what is known of a subject at one moment. What does not apply is left empty.
type Facts struct {
	Missing bool           // there is no such subject now
	Gone    string         // why the device is gone; "": it is there
	Clients int            // programs that hold it
	Format  audio.Format   // of a loop whose server is open; the zero value: it is not
	Xruns   uint64         // so far, bursts
	Packets uint64         // lost or late, so far, of a device of the network
	PPM     *float64       // of its clock; nil: not known
	Latency *time.Duration // of a route, or of a device that receives from a network; nil: not known
	Failed  string         // why the recorder cannot write; "": it can
	Moving  bool           // its counters may change without an event
}

// memory is what a condition remembers of a subject from look to look.
type memory struct {
	now    time.Duration // of this look
	again  time.Duration // then look again, on the same clock; 0: not because of what is remembered
	counts []counted
	format audio.Format
}

// counted is a counter at a time.
type counted struct {
	at time.Duration
	n  uint64
}

// xruns finds how many there were within Spec.Per.
func xruns(s *Spec, f *Facts, m *memory) finding { return within(s, f, m, f.Xruns) }

// packets is xruns for packets of the network.
func packets(s *Spec, f *Facts, m *memory) finding { return within(s, f, m, f.Packets) }

// within finds how much a counter has grown within Spec.Per.
func within(s *Spec, f *Facts, m *memory, n uint64) finding {
	if f.Missing {
		m.counts = nil
		return finding{unknown: true}
	}
	last := len(m.counts) - 1
	if last >= 0 && n < m.counts[last].n { // another one of that name
		m.counts, last = nil, -1
	}
	if last < 0 || n != m.counts[last].n {
		m.counts = append(m.counts, counted{m.now, n})
	}
	// The newest count that is older than the window is where it begins.
	for len(m.counts) > 1 && m.counts[1].at <= m.now-s.Per {
		m.counts = m.counts[1:]
	}
	if len(m.counts) > 1 { // then fewer are within the window
		m.again = m.counts[1].at + s.Per
	}
	return finding{value: float64(n - m.counts[0].n), text: fmt.Sprintf("%d within %v", n-m.counts[0].n, s.Per)}
}

func drift(_ *Spec, f *Facts, _ *memory) finding {
	if f.PPM == nil {
		return finding{unknown: true}
	}
	return finding{value: math.Abs(*f.PPM), text: fmt.Sprintf("%+.2f ppm", *f.PPM)}
}

func latency(_ *Spec, f *Facts, _ *memory) finding {
	if f.Latency == nil {
		return finding{unknown: true}
	}
	return finding{value: float64(*f.Latency) / float64(time.Millisecond)}
}

// flag is a finding that is there or not.
func flag(text string) finding {
	if text == "" {
		return finding{}
	}
	return finding{value: 1, text: text}
}

func gone(_ *Spec, f *Facts, _ *memory) finding {
	if f.Missing {
		return flag("there is no such device")
	}
	return flag(f.Gone)
}

func failed(_ *Spec, f *Facts, _ *memory) finding {
	if f.Missing {
		return flag("there is no such recorder")
	}
	return flag(f.Failed)
}

func clients(_ *Spec, f *Facts, _ *memory) finding {
	if f.Clients == 0 {
		return finding{text: "nobody"}
	}
	return finding{value: float64(f.Clients)}
}

// format finds a format that differs from that of the server before.
func format(_ *Spec, f *Facts, m *memory) finding {
	if f.Format.Rate == 0 || f.Format == m.format {
		return finding{}
	}
	before := m.format
	m.format = f.Format
	if before.Rate == 0 {
		return finding{}
	}
	return flag(fmt.Sprintf("%v, and was %v", f.Format, before))
}
