package top

import (
	"fmt"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// noon is when all that the fixtures show happens.
func noon() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

func of[T any](x T) *T { return &x }

// stereo is the format of the fixtures.
func stereo() audio.Format { return audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE} }

// deviceOf returns a device with both sides and ports.
func deviceOf(name string, ppm *float64, xruns uint64) api.State {
	i := state.NewInfo(stereo(), state.HWPlay|state.HWRecord|state.HWDuplex, state.Rules{})
	i.Play.AvailPorts, i.Play.ModPorts, i.Play.Port = 7, 6, 1
	i.Record.AvailPorts, i.Record.ModPorts, i.Record.Port = 1, 1, 1
	i.Play.Active, i.Record.Active = true, true
	return api.State{Name: name, Info: i, Hardware: &api.Hardware{RunsOn: "hw:" + name, Format: stereo(), Period: 256, Periods: 3, Xruns: xruns,
		Lost: 480 * xruns, Thread: "SCHED_FIFO 10", ClockPPM: ppm}}
}

func endOf(program string, pid int, direction string) api.End {
	return api.End{State: "running", Program: program, PID: pid, Direction: direction, Format: stereo(), Gain: unity, Balance: 32}
}

// lab is a snapshot with a bit of everything: names of all kinds, xruns, clocks, programs, routes, a device that has failed.
func lab() *Snapshot {
	s := &Snapshot{Time: noon(), Version: api.Version{Version: "0.1.0", PID: 42}, Ends: map[string]api.State{}}
	s.Load = Load{CPU: of(1.25), Memory: 24_700_000, Late: map[string]float64{"main": 0.128, "usb": 4.096}}
	failed := deviceOf("usb", nil, 3)
	failed.Error = "the card has been unplugged"
	s.Devices = []api.State{deviceOf("main", of(-3.21), 0), failed}
	s.Devices[1].Hardware.Format.Positions = audio.PositionsOf(audio.FrontLeft, audio.FrontRight)

	s.Devices[0].Info.Play.Gain, s.Devices[0].Info.Play.Balance, s.Devices[0].Info.OutputMuted = 128, 20, true
	for _, l := range []api.Loop{
		{Name: "Aufnahmeraum für Sprache und sehr lange Namen", State: "closed"},
		{Name: "evil\x1b[2J\u202ename", State: "closed"},
		{Name: "meeting", State: "running", Clients: []api.End{endOf("mpv", 100, "write"), endOf("実験室の番組", 101, "write")}, Server: of(endOf("ffmpeg", 7, "read"))},
		{Name: "mic", State: "running", Attached: "record", Server: of(endOf("device main", 0, "write")), Clients: []api.End{endOf("arecord", 8, "read")}},
		{Name: "Cafe\u0301", State: "armed", Server: of(endOf("arecord", 9, "read"))},
		{Name: "実験室", State: "closed"},
	} {
		l.Device, l.Format, l.Frames = "main", stereo(), 480000
		if l.Name == "mic" {
			l.Format.Positions = audio.PositionsOf(audio.FrontLeft, audio.FrontRight)
		}
		s.Loops = append(s.Loops, l)
		s.Ends[l.Name] = api.State{Name: l.Name, Info: state.NewInfo(stereo(), state.HWPlay|state.HWRecord, state.Rules{})}
	}
	s.Loops[2].Clients[0].Xruns = 12
	s.Routes = []api.Route{
		{Name: "talk", From: "main/record", To: "usb/play", State: "flowing", Gain: 255, Balance: 32, Frames: 48000,
			Clock: &api.RouteClock{State: "locked", PPM: of(12.5), Latency: of(10.25), Target: 10, Resyncs: 1}},
		{Name: "later", From: "mic", To: "実験室", State: "waiting", WaitsFor: "実験室", Gain: 64, Balance: 32},
	}
	s.Alarms = []api.Alarm{
		{Name: "quiet", On: "silence", Of: "mic/client", State: "ok", Since: noon().Add(-time.Hour)},
		{Name: "clip", On: "clip", Of: "main:play", State: "raised", Text: "main:play clips", Since: noon().Add(-90 * time.Second)},
		{Name: "gone", On: "device-gone", Of: "usb", State: "acknowledged", Text: "usb is gone", Since: noon().Add(-50 * time.Hour),
			Actions: []api.AlarmAction{{Name: "webhook", Error: "the server answered 500"}}},
	}
	s.Recorders = []api.Recorder{
		{Name: "log", Of: "mic", State: "recording", Seconds: 125, Bytes: 24_000_000, Gaps: 2, Lasts: 90_000},
		{Name: "full", Of: "main:record", State: "failing", Error: "no space left on the disk"},
	}
	return s
}

// crowd is a snapshot with so many loops.
func crowd(loops int) *Snapshot {
	s := &Snapshot{Time: noon(), Version: api.Version{Version: "0.1.0"}, Ends: map[string]api.State{}}
	for i := range loops {
		l := api.Loop{Name: fmt.Sprintf("loop%03d", i), Device: "null", State: "running", Format: stereo(), Clients: []api.End{endOf("aplay", 1000+i, "write")}}
		s.Loops = append(s.Loops, l)
		s.Ends[l.Name] = api.State{Name: l.Name, Info: state.NewInfo(stereo(), state.HWPlay|state.HWRecord, state.Rules{})}
	}
	return s
}

// readings are what the places of the fixtures sound like.
func readings(places []string) (all []*api.LiveMeter) {
	for i, p := range places {
		r := &api.LiveMeter{Peak: []*int{dB(-3 * float64(i)), dB(-4 - 3*float64(i))}, RMS: []*int{dB(-9 - 3*float64(i)), dB(-12 - 3*float64(i))},
			TruePeak: []*int{dB(-2.5), dB(-3.5)}, Correlation: []*int{of(98)},
			Momentary: dB(-23), ShortTerm: dB(-22.5), Integrated: dB(-23.1), Range: dB(4.2)}
		switch {
		case p == "main:play":
			r.Clipped, r.DC = 7, []int{500_000, -3}
		case p == "usb:play" || p == "usb:record":
			r = nil
		case p == "mic/client":
			*r = api.LiveMeter{Peak: []*int{nil, nil}, RMS: []*int{nil, nil}, Silence: 192_000}
		case p == "meeting/client":
			r.Peak, r.RMS = nil, nil
			for k := range 12 {
				r.Peak, r.RMS = append(r.Peak, dB(-5*float64(k))), append(r.RMS, dB(-10-5*float64(k)))
			}
		}
		all = append(all, r)
	}
	return all
}

// showing returns a model of a size that shows a snapshot, with its meters and an event.
func showing(s *Snapshot, columns, lines int) *Model {
	m := &Model{Columns: columns, Lines: lines, Title: "/run/loopbridge/loopbridge.sock", Zone: time.UTC, Interval: 100 * time.Millisecond}
	m.Update(Seen{Snapshot: s})
	for n := range 3 {
		m.Update(Happened{api.Event{Time: noon().Add(time.Duration(n) * time.Second), Kind: "route", Device: "route/talk", Note: "connected\x07"}})
	}
	m.sound()
	return m
}

// sound lets the model hear all that it watches.
func (m *Model) sound() {
	m.Update(Heard{m.watch.Number, readings(m.watch.Places), 100 * time.Millisecond})
}

// press presses keys, and returns all that is to be done then.
func press(m *Model, keys ...Key) (todo []any) {
	for _, k := range keys {
		todo = append(todo, m.Update(k)...)
	}
	return todo
}
