package daemon

import (
	"errors"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
)

// addDevice opens a device, restores its state and adds it to the patchbay.
func (d *Daemon) addDevice(c config.Device) error {
	device, err := d.openDevice(c)
	if err != nil {
		return err
	}
	return d.insertDevice(device, c)
}

// insertDevice adds an open device to the patchbay, or closes it.
func (d *Daemon) insertDevice(device *loop.Engine, c config.Device) error {
	if err := d.bay.AddDevice(device); err != nil {
		return errors.Join(err, device.Close())
	}
	d.running.config.Devices = append(d.running.config.Devices, c)
	return nil
}

// openDevice opens a device and restores its state.
func (d *Daemon) openDevice(c config.Device) (*loop.Engine, error) {
	stream, err := d.open(c)
	if err != nil {
		return nil, err
	}
	device, err := loop.NewEngineWith(c.Name, stream, d.optionsOf(c, stream))
	if err != nil {
		return nil, errors.Join(err, stream.Close())
	}
	if err := d.setUp(device, c); err != nil {
		return nil, errors.Join(err, device.Close())
	}
	return device, nil
}

// optionsOf returns the options of a device's engine, and logs what its stream reports.
func (d *Daemon) optionsOf(c config.Device, stream backend.Stream) loop.EngineOptions {
	if r, ok := backend.As[backend.Reporter](stream); ok {
		d.wait.Go(func() { logReports(d.log, c, r) })
	}
	o := loop.EngineOptions{Ports: c.Ports, AutoPort: c.Card.AutoPort, Now: d.clock.Now, Note: func(err error) {
		d.log.Warn().Err(err).Str("device", c.Name).Msg("trouble with a device")
	}}
	o.Always = c.Send != nil && c.Send.Always
	if _, isCard := backend.As[backend.Switcher](stream); isCard {
		o.Thread = func() { d.threads.Enter(c.Name) }
	}
	return o
}

// setUp gives a device its configured state, and then the one that was saved.
func (d *Daemon) setUp(device *loop.Engine, c config.Device) error {
	if _, err := device.Set(c.State); err != nil {
		return err
	}
	if _, err := device.Set(c.Card.Port); err != nil {
		if c.Card.Required {
			return err
		}
		d.log.Warn().Err(err).Str("device", c.Name).Msg("the ports stay as they are")
	}
	d.state.RestoreDevice(device)
	return nil
}

// open opens a device. Only this function knows every backend.
func (d *Daemon) open(c config.Device) (backend.Stream, error) {
	switch c.Backend {
	case config.Null:
		return openNull(c)
	case config.ALSA, config.PortAudio, config.RTP:
		if c.RecordCard.Name != "" {
			return d.openTwo(c)
		}
		return d.cards.open(c)
	}
	return nil, fmt.Errorf("this version has no backend %s", c.Backend)
}

// openTwo opens a device that plays on one card and records from another.
func (d *Daemon) openTwo(c config.Device) (backend.Stream, error) {
	one, other := cardsOf(c)
	play, err := d.cards.open(one)
	if err != nil {
		return nil, err
	}
	record, err := d.cards.open(other)
	if err != nil {
		return nil, errors.Join(err, play.Close())
	}
	joint, err := route.NewJoint(play, record, d.jointOf(c))
	if err != nil {
		return nil, errors.Join(err, play.Close(), record.Close())
	}
	return joint, nil
}

// resumeTwo is openTwo for a device that was handed over.
func (d *Daemon) resumeTwo(c config.Device, h backend.Handed) (backend.Stream, error) {
	one, other := cardsOf(c)
	play := func(h backend.Handed) (backend.Stream, error) { return d.cards.resume(one, h) }
	record := func(h *backend.Handed) (backend.Stream, error) {
		if h == nil {
			return d.cards.open(other)
		}
		return d.cards.resume(other, *h)
	}
	joint, err := route.ResumeJoint(h, play, record, d.jointOf(c))
	if err != nil {
		return nil, err // not a nil *route.Joint in an interface
	}
	return joint, nil
}

// cardsOf returns the two halves of a device that plays on one card and records from another.
func cardsOf(c config.Device) (play, record config.Device) {
	play, record = c, c
	play.Record, record.Play = false, false
	play.Play, record.Record = true, true
	play.Card.Controls.Names.Record, record.Card.Controls.Names.Play = controls.SideNames{}, controls.SideNames{}
	record.Card.Name, record.Card.Fallback = c.RecordCard.Name, c.RecordCard.Fallback
	return play, record
}

func (d *Daemon) jointOf(c config.Device) route.JointOptions {
	return route.JointOptions{
		Name: c.Name, Latency: c.RecordCard.Latency, Quality: c.RecordCard.Quality,
		Thread: func() { d.threads.Enter(c.Name + " (record)") },
	}
}

// openNull opens the directions that have a loop, an input or an output.
func openNull(c config.Device) (backend.Stream, error) {
	wish := c.Config
	wish.Record, wish.Play = c.Record || c.Input != config.Input{}, c.Play || c.Output != ""
	o := null.Options{Freewheel: c.Freewheel}
	var err error
	if o.Input, err = openInput(c.Input, c.Format); err != nil {
		return nil, err
	}
	if c.Output == "" {
		return null.Open(wish, o)
	}
	if o.Output, err = createOutput(c.Output, c.Format); err != nil {
		return nil, err
	}
	s, err := null.Open(wish, o)
	if err != nil {
		o.Output.Close()
	}
	return s, err
}

// openInput opens an input; nil is silence.
func openInput(in config.Input, f audio.Format) (null.Source, error) {
	switch {
	case in.Tone != 0:
		return null.Tone(f, in.Tone, in.Level)
	case in.File == "":
		return nil, nil
	}
	file, err := files.Open("input", in.File)
	if err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	defer file.Close()
	s, err := null.ReadWAV(file, f)
	if err != nil {
		return nil, fmt.Errorf("input %s: %w", in.File, err)
	}
	return s, nil
}

// createOutput creates or truncates the file.
func createOutput(name string, f audio.Format) (null.Sink, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, files.NotRegular("output", name, info.Mode())
	}
	file, created, err := files.Create(name)
	if err != nil {
		return nil, fmt.Errorf("output: cannot write %s: %w", name, files.Cause(err))
	}
	r, err := null.NewRecorder(file, f)
	if err != nil {
		file.Close()
		if created {
			os.Remove(name)
		}
		return nil, fmt.Errorf("output: cannot write %s: %w", name, err)
	}
	return r, nil
}

// logReports logs what a device reports until its stream is closed.
func logReports(log zerolog.Logger, c config.Device, r backend.Reporter) {
	for err := range r.Reports() {
		line := log.Warn().Err(err).Str("device", c.Name)
		if c.Output != "" {
			line = line.Str("file", c.Output)
		}
		line.Msg("trouble with a device")
	}
}
