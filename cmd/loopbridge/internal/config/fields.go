package config

import (
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/resample"
)

// config binds the whole file, one table of keys for each table.
func (b *binder) config(file map[string]any) Config {
	c := Config{Daemon: Default().Daemon}
	b.table("", file, []field{
		{"daemon", func(v any) string { b.daemon(&c.Daemon, v); return "" }},
		{"nodes", func(v any) string { b.nodes(&c.Daemon.Nodes, v); return "" }},
		{"device", func(v any) string {
			return b.tables("device", v, func(path string, v any) {
				c.Devices = append(c.Devices, b.device(path, v))
			})
		}},
		{"loop", func(v any) string {
			return b.tables("loop", v, func(path string, v any) {
				c.Loops = append(c.Loops, b.loop(path, v))
			})
		}},
		{"route", func(v any) string {
			return b.tables("route", v, func(path string, v any) {
				r := b.route(path, v)
				r.Line = b.line(path)
				c.Routes = append(c.Routes, r)
			})
		}},
		{"alarm", func(v any) string {
			return b.tables("alarm", v, func(path string, v any) {
				c.Alarms = append(c.Alarms, b.alarm(path, v))
			})
		}},
		{"recorder", func(v any) string {
			return b.tables("recorder", v, func(path string, v any) {
				c.Recorders = append(c.Recorders, b.recorder(path, v))
			})
		}},
	})
	b.crossCheck(&c)
	return c
}

func (b *binder) daemon(d *Daemon, v any) {
	b.table("daemon", v, []field{
		{"socket", setSocket(&d.Socket)},
		{"mode", setMode(&d.Mode)},
		{"group", setAccount(&d.Group, `the name of a group, or ""`)},
		{"users", func(v any) string {
			names, ok := v.([]any)
			if !ok {
				return wrongType(v, `an array of names such as ["anna"]`)
			}
			d.Users = nil
			for i, v := range names {
				var name string
				use := "the name of a user"
				if reason := setAccount(&name, use)(v); reason != "" {
					b.wrong(element("daemon.users", i), reason)
				} else if name == "" {
					b.wrong(element("daemon.users", i), "empty, use "+use)
				}
				d.Users = append(d.Users, name)
			}
			return ""
		}},
		{"log", setOneOf(&d.Log, zerolog.TraceLevel, zerolog.DebugLevel, zerolog.InfoLevel, zerolog.WarnLevel,
			zerolog.ErrorLevel)},
		{"state", setState(&d.State)},
		{"http", setAddress(&d.HTTP.Address)},
		{"http_read", setOneOf(&d.HTTP.Read, ReadToken, ReadAnyone)},
		{"token_file", setPath(&d.HTTP.TokenFile, "a file beside the state")},
		{"tls_cert", setPath(&d.HTTP.Cert, "none")},
		{"tls_key", setPath(&d.HTTP.Key, "none")},
		{"discover", setBool(&d.Discover)},
	})
}

func (b *binder) device(path string, v any) Device {
	d := DefaultDevice()
	period := devicePeriod{duration: 10 * time.Millisecond}
	var finish []func(*Device)
	fields := []field{{"name", setName(&d.Name)}, {"backend", setBackend(&d.Backend)}}
	fields = append(fields, formatFields(&d.Format)...)
	fields = append(fields,
		field{"period", period.set},
		field{"periods", setInt(&d.Periods, minPeriods, maxPeriods)},
		field{"freewheel", setBool(&d.Freewheel)},
		field{"meters", setBool(&d.Meters)},
		field{"input", func(v any) string { return b.input(join(path, "input"), v, &d.Input, d.Format) }},
		field{"output", func(v any) string { return b.output(join(path, "output"), v, &d.Output, d.Format) }},
		field{"card", setCard(&d.Card.Name, &d.Backend)},
		field{"fallback", func(v any) string { return b.cards(join(path, "fallback"), v, &d.Card.Fallback, &d.Backend) }},
		field{"required", setBool(&d.Card.Required)},
		field{"control_index", setInt(&d.Card.Controls.Names.Index, 0, maxControlIndex)},
		field{"auto_port", setBool(&d.Card.AutoPort)},
		field{"restore", setBool(&d.Card.Controls.Restore)},
		field{"volume", setHardware(&d.Card.Controls.Volume)},
		field{"monitor", setHardware(&d.Card.Controls.Monitor)},
		field{"monitor_gain", setField(&d.State, state.MonitorGain)},
		field{"output_muted", setField(&d.State, state.OutputMuted)},
		field{"play", func(v any) string {
			d.Play, d.Ports.Play = true, b.side(join(path, "play"), v, audio.Play, &d)
			return ""
		}},
		field{"record", func(v any) string {
			d.Record, d.Ports.Record = true, b.side(join(path, "record"), v, audio.Record, &d)
			return ""
		}},
		field{"receive", func(v any) string {
			finish = append(finish, b.receive(join(path, "receive"), v, &d.Receive))
			return ""
		}},
		field{"send", func(v any) string {
			finish = append(finish, b.send(join(path, "send"), v, &d.Send))
			return ""
		}},
	)
	b.require(path, v, "name", aName)
	if !(isTable(v) && v.(map[string]any)["name"] == NullDevice) {
		b.require(path, v, "backend", Null.String())
	} else {
		d.Backend = Null
	}
	b.table(path, v, fields)
	b.ofBackend(path, d.Backend)
	b.ofSideCards(path)
	b.network(path, &d, finish)
	if d.Backend == RTP && !b.given(join(path, "period")) {
		period.duration = netPeriod
	}
	frames, reason := period.frames(d.Format)
	if reason != "" {
		b.wrong(join(path, "period"), reason)
	}
	d.Period = frames
	if d.Backend == RTP && !b.given(join(path, "periods")) && frames > 0 {
		d.Periods = min(max(int(d.Format.Frames(netBuffer))/frames, minPeriods), maxPeriods)
	}
	return d
}

func (b *binder) loop(path string, v any) Loop {
	l := DefaultLoop()
	l.Period = 0
	keys := map[string]bool{}
	if table, ok := v.(map[string]any); ok {
		for key := range table {
			keys[key] = true
		}
	}
	fields := []field{{"name", setName(&l.Name)}, {"device", setName(&l.Device)}}
	fields = append(fields, formatFields(&l.Format)...)
	fields = append(fields,
		field{"positions", setPositions(&l.Format.Positions)},
		field{"on_client_close", setOneOf(&l.OnClientClose, loop.Reset, loop.Hold, loop.Silence)},
		field{"resampler", setOneOf(&l.Convert.Quality, resample.Qualities()...)},
		field{"channel_map", setChannelMap(&l.Convert)},
		field{"dither", setBool(&l.Convert.Dither)},
		field{"start_timeout", setDuration(&l.StartTimeout, 0, maxStart, "0s..24h")},
		field{"buffer", setDuration(&l.Buffer, minBuffer, MaxBuffer, "2ms..10s")},
		field{"period", setDuration(&l.Period, MinPeriod, MaxPeriod, "0.5ms..1s")},
		field{"server", func(v any) string { b.attach(join(path, "server"), v, &l); return "" }}, // before clients
		field{"meters", setBool(&l.Meters)},
		field{"clients", setChoice(&l.Clients, []string{"exclusive", "shared"}, loop.Exclusive, loop.Shared)},
	)
	b.require(path, v, "name", aName)
	b.table(path, v, fields)
	b.attachedOnly(path, keys, &l)
	if l.Attached == 0 {
		b.positioned(path, l.Format.Positions, l.Format.Channels)
	}
	if reason := misfit(l.Convert.Matrix, l.Format.Channels); reason != "" {
		b.wrong(join(path, "channel_map"), reason)
	}
	switch most := l.Buffer / 2; {
	case l.Period == 0:
		l.Period = min(DefaultLoop().Period, most)
	case l.Period > most:
		b.wrong(join(path, "period"), fmt.Sprintf("out of range, use 0.5ms..%v, at most half of the buffer", most))
	}
	return l
}

func formatFields(f *audio.Format) []field {
	return []field{
		{"rate", setInt(&f.Rate, audio.MinRate, audio.MaxRate)},
		{"channels", setInt(&f.Channels, 1, audio.MaxChannels)},
		{"format", setEncoding(&f.Encoding)},
	}
}

// setBackend accepts a backend, and reports one that this build lacks.
func setBackend(to *Backend) func(any) string {
	set := setOneOf(to, Null, ALSA, PortAudio, RTP)
	return func(v any) string {
		if v == PortAudio.String() && !portaudio.Built {
			return fmt.Sprintf("this build is without PortAudio, make build PORTAUDIO=1 makes one with it; or use %s, %s or %s",
				Null, ALSA, RTP)
		}
		return set(v)
	}
}

func isTable(v any) bool { _, ok := v.(map[string]any); return ok }

func (b *binder) require(path string, v any, key, use string) {
	if table, ok := v.(map[string]any); ok && table[key] == nil {
		b.missing(path, key, use)
	}
}
