package daemon

import (
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
)

// followed is a daemon on its way to what a plan says.
//
//	prepare   all that can be checked, and devices that can be opened beside those that run: an error changes nothing
//	carry out recorders, routes, loops, devices go; devices, loops, routes, recorders come; what stays is set
//
// What fails then is put back as it was, if that is possible, and told.
type followed struct {
	*Daemon
	plan     *config.Plan
	before   config.Config
	opened   map[string]*loop.Engine // devices that are not yet in the patchbay
	kept     map[string]state.Saved  // settings of devices and ends that are replaced, by "device " and name, or by name
	cords    map[string]state.Info   // of routes that are replaced
	stopped  map[string]bool         // recorders that are replaced: whether an operator has stopped them
	failures []string
}

// followLocked carries out a plan. After an error nothing has changed; failures say what did not succeed.
func (d *Daemon) followLocked(plan *config.Plan) (failures []string, err error) {
	f := followed{Daemon: d, plan: plan, before: d.running.config.Clone(), opened: map[string]*loop.Engine{},
		kept: map[string]state.Saved{}, cords: map[string]state.Info{}, stopped: map[string]bool{}}
	if err := f.prepare(); err != nil {
		for _, device := range f.opened {
			err = errors.Join(err, device.Close())
		}
		return nil, err
	}
	f.removeRecorders()
	f.removeRoutes()
	f.removeLoops()
	f.removeDevices()
	f.addDevices()
	f.addLoops()
	f.addRoutes()
	f.addRecorders()
	f.set()
	f.failed("alarms", d.alarms.setLocked(plan.To.Alarms))
	d.running.config.Daemon = plan.To.Daemon
	f.moveTCP()
	f.failed("discover", f.network.discover(plan.To.Daemon.Discover))
	d.running.orderLocked(&plan.To)
	f.orderDevices()
	f.measureLocked()
	f.nodes.changed()
	if err := d.loops.names.write(d.running.config.Loops); err != nil {
		f.failed("aplay -L does not show the loops as they are now", err)
	}
	return f.failures, nil
}

func (f *followed) failed(what string, err error) {
	if err != nil {
		f.failures = append(f.failures, fmt.Sprintf("%s: %v", what, err))
	}
}

// prepare opens the devices that can be opened beside those that run, and changes who may connect.
func (f *followed) prepare() error {
	permissions := f.plan.Of(config.OfDaemon, "").Action == config.Change
	var err error
	if permissions {
		err = socketOf("", &f.plan.To.Daemon).Check()
	}
	for s := range f.plan.All(config.OfDevice, config.Add, config.Replace) {
		c := f.plan.To.Device(s.Name)
		if f.collides(c) {
			continue
		}
		device, failed := f.openDevice(*c)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("device %s: %w", s.Name, failed))
			continue
		}
		f.opened[s.Name] = device
	}
	if err == nil && permissions {
		err = f.permit(&f.plan.To.Daemon, &f.before.Daemon)
	}
	return err
}

// collides reports whether a device may need what one that goes still holds.
func (f *followed) collides(c *config.Device) bool {
	for s := range f.plan.All(config.OfDevice, config.Replace, config.Remove) {
		going := f.before.Device(s.Name)
		if c.Backend != config.Null && going.Backend != config.Null || c.Output != "" && c.Output == going.Output {
			return true
		}
	}
	return false
}

func (f *followed) removeRoutes() {
	for s := range f.plan.All(config.OfRoute, config.Remove, config.Replace) {
		if r, err := f.routes.Route(s.Name); err == nil {
			f.cords[s.Name] = r.Info()
		}
		_ = f.routes.removeLocked(s.Name)
	}
}

// as returns a route that begins with what was set for the one that it replaces, unless the file has another value now.
func (f *followed) as(r *config.Route, set state.Patch) route.Spec {
	spec := r.Spec
	now, replaces := f.cords[r.Name]
	if !replaces {
		f.state.RestoreRoute(&spec)
		return spec
	}
	if _, given := set.Get(state.PlayGain); !given && !(spec.Feedback && now.Play.Gain == mixer.MaxGain) {
		spec.Setting.Gain = now.Play.Gain
	}
	if _, given := set.Get(state.PlayBalance); !given {
		spec.Setting.Balance = now.Play.Balance
	}
	if _, given := set.Get(state.OutputMuted); !given {
		spec.Setting.Mute = now.OutputMuted
	}
	if _, given := set.Get(state.PlayPause); !given {
		spec.Paused = now.Play.Pause
	}
	return spec
}

func (f *followed) removeLoops() {
	for s := range f.plan.All(config.OfLoop, config.Remove, config.Replace) {
		for _, end := range f.bay.Ends(s.Name) {
			now := end.Info()
			f.kept[end.Name()] = now.Save()
		}
		f.failed("loop "+s.Name, f.loops.removeLocked(s.Name))
	}
}

func (f *followed) removeDevices() {
	for s := range f.plan.All(config.OfDevice, config.Remove, config.Replace) {
		device, err := f.bay.RemoveDevice(s.Name)
		if err == nil {
			now := device.Info()
			f.kept["device "+s.Name] = now.Save()
			err = device.Close()
		}
		f.failed("device "+s.Name, err)
		dropLocked(&f.running.config.Devices, s.Name, deviceName)
	}
}

func (f *followed) addDevices() {
	for s := range f.plan.All(config.OfDevice, config.Add, config.Replace) {
		c := *f.plan.To.Device(s.Name)
		set := s.Set
		device, err := f.opened[s.Name], error(nil)
		if device == nil {
			device, err = f.openDevice(c)
		}
		if was := f.before.Device(s.Name); err != nil && was != nil {
			f.failed("device "+s.Name+" stays as it was", err)
			c, set = *was, state.Patch{}
			device, err = f.openDevice(c)
		}
		if err == nil {
			err = f.insertDevice(device, c)
		}
		f.failed("device "+s.Name+" is missing now", err)
		if err != nil {
			continue
		}
		if saved := f.kept["device "+s.Name]; saved != nil {
			f.note("device", s.Name, device.Restore(saved))
		}
		f.failed("device "+s.Name, setOf(device, set))
	}
}

// note logs what could not be kept of the settings of what was replaced.
func (f *followed) note(kind, name string, err error) {
	if err != nil {
		f.log.Warn().Err(err).Str(kind, name).Msg("part of its state is not kept")
	}
}

func (f *followed) addLoops() {
	for s := range f.plan.All(config.OfLoop, config.Add, config.Replace) {
		err := f.loops.insertLocked(*f.plan.To.Loop(s.Name))
		if was := f.before.Loop(s.Name); err != nil && was != nil {
			f.failed("loop "+s.Name+" stays as it was", err)
			err = f.loops.insertLocked(*was)
		}
		f.failed("loop "+s.Name+" is missing now", err)
		for _, end := range f.bay.Ends(s.Name) {
			if saved := f.kept[end.Name()]; saved != nil {
				f.note("loop", s.Name, end.Restore(saved))
			}
		}
	}
	for s := range f.plan.All(config.OfLoop, config.Change, config.Adopt) {
		l := *f.plan.To.Loop(s.Name)
		if err := f.bay.Change(l.Spec); err != nil {
			f.failed("loop "+s.Name, err)
			continue
		}
		replaceLocked(f.running.config.Loops, l, loopName)
	}
}

func (f *followed) addRoutes() {
	for s := range f.plan.All(config.OfRoute, config.Add, config.Replace) {
		r := f.plan.To.Route(s.Name)
		err := f.routes.insertLocked(*r, f.as(r, s.Set))
		if was := f.before.Route(s.Name); err != nil && was != nil {
			f.failed("route "+s.Name+" stays as it was", err)
			err = f.routes.insertLocked(*was, f.as(was, state.Patch{}))
		}
		f.failed("route "+s.Name+" is missing now", err)
	}
}

// set gives devices and routes that stay the values that are others now.
func (f *followed) set() {
	for s := range f.plan.All(config.OfDevice, config.Change) {
		replaceLocked(f.running.config.Devices, *f.plan.To.Device(s.Name), deviceName)
		device, err := f.bay.Device(s.Name)
		if err == nil {
			err = setOf(device, s.Set)
		}
		f.failed("device "+s.Name, err)
	}
	for s := range f.plan.All(config.OfRoute, config.Change, config.Adopt) {
		r, err := f.routes.Route(s.Name)
		if err == nil {
			err = setOf(r, s.Set)
		}
		f.failed("route "+s.Name, err)
		replaceLocked(f.running.config.Routes, *f.plan.To.Route(s.Name), routeName)
	}
}

// moveTCP lets operators in over TCP where the file says now, or else where they were.
func (f *followed) moveTCP() {
	now, was := &f.running.config.Daemon, &f.before.Daemon
	if now.HTTP == was.HTTP {
		return
	}
	if err := f.closeTCP(); err != nil {
		f.failed("operators over TCP", err)
	}
	err := f.listenTCP(now, nil)
	f.failed("operators over TCP", err)
	if err != nil {
		now.HTTP = was.HTTP
		f.failed("operators over TCP", f.listenTCP(now, nil))
	}
}

// setOf sets what a patch has, if it has anything.
func setOf(s loop.Subject, p state.Patch) error {
	if p.Fields() == 0 {
		return nil
	}
	_, err := s.Set(p)
	return err
}

func (f *followed) orderDevices() {
	var names []string
	for _, d := range f.running.config.Devices {
		names = append(names, d.Name)
	}
	f.bay.OrderDevices(names)
}
