package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// portAudioInfo describes PortAudio on this machine.
type portAudioInfo struct {
	Built   bool              `json:"built"`           // this program can use it
	Error   string            `json:"error,omitempty"` // why there are no devices
	Said    []string          `json:"said,omitempty"`  // last lines that libraries wrote about the error
	Devices []portAudioDevice `json:"devices"`
}

type portAudioDevice struct {
	Name    string         `json:"name"` // accepted by the configuration
	HostAPI string         `json:"host_api"`
	Rate    int            `json:"rate"` // Hz, the default
	Play    *portAudioSide `json:"play"` // null: it cannot play
	Record  *portAudioSide `json:"record"`
}

type portAudioSide struct {
	Channels int        `json:"channels"`
	Latency  [2]float64 `json:"latency_ms"` // suggested by PortAudio: low, high
	Default  bool       `json:"default"`    // the default device of its host API
}

// portAudioInfoOf asks PortAudio, which opens every device. It drops the output of the libraries
// below unless PortAudio fails.
func portAudioInfoOf() portAudioInfo {
	p := portAudioInfo{Built: portaudio.Built, Devices: []portAudioDevice{}}
	if !portaudio.Built {
		_, err := portaudio.Load()
		p.Error = err.Error()
		return p
	}
	const most = 5
	var said []string
	c, err := portaudio.TakeStderr()
	if err == nil {
		c.Listen(func(line string) {
			said = append(said[max(0, len(said)-most+1):], console.Printable(line))
		})
	}
	p.ask()
	if err == nil {
		c.GiveBack()
	}
	if p.Error != "" {
		p.Said = said
	}
	return p
}

// ask lists the devices of PortAudio.
func (p *portAudioInfo) ask() {
	library, err := portaudio.Load()
	if err != nil {
		p.Error = err.Error()
		return
	}
	defer library.Close()
	devices, err := library.Devices()
	if err != nil {
		p.Error = err.Error()
	}
	for _, d := range devices {
		p.Devices = append(p.Devices, portAudioDevice{d.String(), d.HostAPI, d.Rate, portAudioSideOf(d.Play),
			portAudioSideOf(d.Record)})
	}
}

func portAudioSideOf(s portaudio.Side) *portAudioSide {
	if s.Channels == 0 {
		return nil
	}
	ms := func(d time.Duration) float64 {
		return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
	}
	return &portAudioSide{s.Channels, [2]float64{ms(s.Low), ms(s.High)}, s.Default}
}

// write prints p as text.
func (p *portAudioInfo) write(out io.Writer) error {
	switch {
	case p.Error != "":
		_, err := fmt.Fprintf(out, "\nPortAudio: %s\n", p.Error)
		for _, line := range p.Said {
			_, err = fmt.Fprintf(out, "  %s\n", line)
		}
		return err
	case len(p.Devices) == 0:
		_, err := fmt.Fprint(out, "\nPortAudio: no device that is not in use\n")
		return err
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORTAUDIO\tRATE\tPLAYS\tRECORDS")
	for _, d := range p.Devices {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", console.Printable(d.Name), d.Rate, d.Play, d.Record)
	}
	return t.Flush()
}

// String returns "2 channels, 8.7..34.8 ms, default".
func (s *portAudioSide) String() string {
	if s == nil {
		return "-"
	}
	text := fmt.Sprintf("%s, %.1f..%.1f ms", console.Count(s.Channels, "channel"), s.Latency[0], s.Latency[1])
	if s.Default {
		text += ", default"
	}
	return text
}
