package top

import (
	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Places returns where a route can begin, for audio.Record, or end, for audio.Play: devices, then loops, as routes name them.
func Places(devices []api.State, loops []api.Loop, side audio.Direction) (all []string) {
	for i := range devices {
		d, has := &devices[i], sidesOf(&devices[i].Info)
		if has&side != 0 {
			all = append(all, d.Name+"/"+side.String())
		}
		if side == audio.Record && has&audio.Play != 0 { // what is heard
			all = append(all, d.Name+"/play", d.Name+"/mix")
		}
	}
	for i := range loops {
		l := &loops[i]
		switch l.Attached {
		case "":
			all = append(all, l.Name, l.Name+"/server")
			if side == audio.Record { // what goes through it
				all = append(all, l.Name+"/heard", l.Name+"/mix")
			}
		case side.String():
			all = append(all, l.Name)
		}
	}
	return all
}

// sidesOf returns the sides that a device or an end has.
func sidesOf(i *state.Info) (d audio.Direction) {
	if i.HW&state.HWPlay != 0 {
		d |= audio.Play
	}
	if i.HW&state.HWRecord != 0 {
		d |= audio.Record
	}
	return d
}
