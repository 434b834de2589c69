package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// devicesCmd lists the devices of the daemon and the hardware of the machine.
type devicesCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// machine is the JSON of the command.
type machine struct {
	Devices   []deviceInfo  `json:"devices"` // of the daemon, if one runs
	Cards     []cardInfo    `json:"cards"`
	PortAudio portAudioInfo `json:"portaudio"`
	Streams   []api.Stream  `json:"streams"` // that others announce on the network
}

type deviceInfo struct {
	Name  string `json:"name"`
	Error string `json:"error,omitempty"`
	*api.Hardware
}

type cardInfo struct {
	Number int       `json:"number"`
	Name   string    `json:"name"`
	Driver string    `json:"driver"`
	Names  []string  `json:"names"` // accepted by the configuration
	Ports  portsInfo `json:"ports"`
	PCMs   []pcmInfo `json:"pcms"`
}

type portsInfo struct {
	Play   string `json:"play"`
	Record string `json:"record"`
	Error  string `json:"error,omitempty"`
}

type pcmInfo struct {
	Address string    `json:"address"`
	Name    string    `json:"name"`
	Play    *capsInfo `json:"play"` // null: it cannot play
	Record  *capsInfo `json:"record"`
	Users   []string  `json:"users"` // "aplay (1234) plays"
}

type capsInfo struct {
	Encodings []audio.Encoding `json:"formats"`
	Rates     [2]int           `json:"rates"`
	Channels  [2]int           `json:"channels"`
	Error     string           `json:"error,omitempty"` // why there are no details, such as that it is in use
}

// Run prints the devices of the daemon, if one runs, and all cards.
func (c *devicesCmd) Run(ctx context.Context, e *env) error {
	m := machine{Devices: []deviceInfo{}, Streams: []api.Stream{}}
	devices, err := e.control().Devices(ctx)
	if err != nil && !errors.Is(err, audio.ErrNoDaemon) {
		return stopped(ctx, err)
	}
	for _, d := range devices {
		m.Devices = append(m.Devices, deviceInfo{d.Name, d.Error, d.Hardware})
	}
	if err == nil {
		if s, err := e.control().Streams(ctx); err == nil && len(s.Streams) > 0 { // a daemon of before has none
			m.Streams = s.Streams
		}
	}
	if m.Cards, err = machineCards(); err != nil {
		e.warn("%v", err)
	}
	m.PortAudio = portAudioInfoOf()
	if c.JSON {
		return writeJSON(e.stdout, m)
	}
	return m.write(e.stdout)
}

// machineCards returns the sound cards of this machine.
func machineCards() ([]cardInfo, error) {
	all := []cardInfo{}
	cards, err := card.Finder{}.Cards()
	for _, c := range cards {
		all = append(all, cardInfoOf(c))
	}
	return all, err
}

func cardInfoOf(c card.Card) cardInfo {
	info := cardInfo{Number: c.Number, Name: c.Name, Driver: c.Driver, Names: c.Names(), PCMs: []pcmInfo{}}
	if open, err := controls.Open(card.Address{Card: c.Number, Device: -1}, controls.Names{}); err != nil {
		info.Ports.Error = err.Error()
	} else {
		for d, to := range map[audio.Direction]*string{audio.Play: &info.Ports.Play, audio.Record: &info.Ports.Record} {
			avail, _, _ := open.Ports(d)
			*to = avail.Names(d)
		}
		open.Close()
	}
	for _, pcm := range c.PCMs {
		at := card.Address{Card: c.Number, Device: pcm.Device}
		p := pcmInfo{Address: at.String(), Name: pcm.Name, Users: []string{}}
		for _, user := range pcm.Users {
			p.Users = append(p.Users, fmt.Sprintf("%s (%d) %ss", console.Printable(user.Command), user.PID, user.Direction))
		}
		for d, to := range map[audio.Direction]**capsInfo{audio.Play: &p.Play, audio.Record: &p.Record} {
			if pcm.Directions()&d != 0 {
				*to = capsInfoOf(at, d)
			}
		}
		info.PCMs = append(info.PCMs, p)
	}
	return info
}

func capsInfoOf(at card.Address, d audio.Direction) *capsInfo {
	caps, err := alsa.Describe(at, d)
	if err != nil {
		return &capsInfo{Error: err.Error()}
	}
	return &capsInfo{Encodings: caps.Encodings, Rates: caps.Rates, Channels: caps.Channels}
}

// write prints m as text.
func (m *machine) write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(m.Devices) > 0 {
		fmt.Fprintln(t, "DEVICE\tRUNS ON\tFORMAT\tPERIOD\tXRUNS\tCLOCK\tTHREAD")
	}
	for _, d := range m.Devices {
		if h := d.Hardware; h != nil {
			fmt.Fprintf(t, "%s\t%s\t%s\t%d x %d\t%d\t%s\t%s\n", d.Name, h.RunsOn, h.Format, h.Period, h.Periods, h.Xruns,
				clockText(h.ClockPPM), strings.TrimSpace(h.Thread+" "+d.Error))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := writeNetworks(out, m.Devices); err != nil {
		return err
	}
	if len(m.Cards) == 0 {
		fmt.Fprintln(out, "This machine has no sound card.")
	}
	for _, card := range m.Cards {
		fmt.Fprintf(out, "\ncard %d: %s (%s)\n  names   %s\n", card.Number, console.Printable(card.Name),
			console.Printable(card.Driver), strings.Join(card.Names, "  "))
		fmt.Fprintf(out, "  ports   play %s; record %s %s\n", card.Ports.Play, card.Ports.Record, card.Ports.Error)
		for _, p := range card.PCMs {
			fmt.Fprintf(out, "  %-7s %s%s\n", p.Address, console.Printable(p.Name), usersText(p.Users))
			p.Play.write(out, "plays")
			p.Record.write(out, "records")
		}
	}
	if err := m.PortAudio.write(out); err != nil {
		return err
	}
	return writeStreams(out, m.Streams, time.Now())
}

// clockText says how much faster a clock is than nominal.
func clockText(ppm *float64) string {
	if ppm == nil {
		return "-"
	}
	return fmt.Sprintf("%+.2f ppm", *ppm)
}

func usersText(users []string) string {
	if len(users) == 0 {
		return ""
	}
	return "; in use: " + strings.Join(users, ", ")
}

func (c *capsInfo) write(out io.Writer, does string) {
	switch {
	case c == nil:
	case c.Error != "":
		fmt.Fprintf(out, "          %s; %s\n", does, c.Error)
	default:
		var names []string
		for _, e := range c.Encodings {
			names = append(names, e.String())
		}
		fmt.Fprintf(out, "          %s %s Hz, %s channels, %s\n", does, spanText(c.Rates), spanText(c.Channels),
			strings.Join(names, " "))
	}
}

func spanText(span [2]int) string {
	if span[0] == span[1] {
		return fmt.Sprint(span[0])
	}
	return fmt.Sprintf("%d..%d", span[0], span[1])
}
