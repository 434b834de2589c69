package portaudio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Device describes a device as of PortAudio's last look.
type Device struct {
	HostAPI string // ALSA, JACK, OSS, …
	Name    string // PortAudio's, usually unique within a host API
	Rate    int    // Hz, the default
	// Play and Record are the directions; 0 channels means none.
	Play, Record Side
}

// Side is one direction of a device.
type Side struct {
	Channels  int           // at most
	Low, High time.Duration // latencies that PortAudio suggests, for live use and for safety
	Default   bool          // the default device of its host API
}

// String returns the full name, "ALSA:front", by which Open finds the device.
func (d Device) String() string { return d.HostAPI + ":" + d.Name }

// can reports whether the device has all directions of want.
func (d Device) can(want audio.Direction) bool {
	return (want&audio.Play == 0 || d.Play.Channels > 0) && (want&audio.Record == 0 || d.Record.Channels > 0)
}

// Prefix may precede a name: "portaudio:ALSA:front" is "ALSA:front".
const Prefix = "portaudio:"

// Auto names the default device of the first host API that has one.
const Auto = "auto"

// Find returns the index of the device that name means: "HOSTAPI:NAME" or NAME. NAME is a whole
// name or a part of one, in any case, that only one device capable of want has; after a host API
// it may be empty for the default device. A want of 0 means either direction. Errors: ErrNoDevice
// with similar names, ErrInvalid if several devices match.
func Find(devices []Device, name string, want audio.Direction) (index int, err error) {
	host, part := splitName(devices, strings.TrimPrefix(name, Prefix))
	var can, cannot []int
	for i, d := range devices {
		switch {
		case host != "" && !strings.EqualFold(d.HostAPI, host):
		case want == 0 && (d.can(audio.Play) || d.can(audio.Record)), want != 0 && d.can(want):
			can = append(can, i)
		default:
			cannot = append(cannot, i)
		}
	}
	if part == "" {
		return findDefault(devices, can, name, want)
	}
	found := matching(devices, can, part)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, notFound(devices, can, cannot, name, host, part, want)
	}
	return 0, audio.ErrInvalid.With("%s%s fits %d devices: %s; say more of the name", Prefix,
		strings.TrimPrefix(name, Prefix), len(found), list(devices, found))
}

// splitName splits off a host API. "hw:0" has none: no host API is called hw.
func splitName(devices []Device, name string) (host, part string) {
	if name == Auto {
		return "", ""
	}
	first, rest, colon := strings.Cut(name, ":")
	if colon && (isHostAPI(first) || slices.ContainsFunc(devices,
		func(d Device) bool { return strings.EqualFold(d.HostAPI, first) })) {
		return first, rest
	}
	return "", name
}

// isHostAPI knows the host APIs of Linux, so that one that is not running is reported by name.
func isHostAPI(name string) bool {
	return slices.ContainsFunc([]string{"ALSA", "JACK", "OSS", "PulseAudio", "sndio", "ASIHPI"}, func(api string) bool {
		return strings.EqualFold(api, name)
	})
}

// matching returns the devices that part names, in the strictest sense in which it names any.
func matching(devices []Device, among []int, part string) (found []int) {
	for _, same := range []func(name string) bool{
		func(name string) bool { return name == part },
		func(name string) bool { return strings.EqualFold(name, part) },
		func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(part)) },
	} {
		for _, i := range among {
			if same(devices[i].Name) {
				found = append(found, i)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// findDefault returns the default device of the first host API.
func findDefault(devices []Device, among []int, name string, want audio.Direction) (int, error) {
	for _, i := range among {
		d := devices[i]
		if (want&audio.Play == 0 || d.Play.Default) && (want&audio.Record == 0 || d.Record.Default) {
			return i, nil
		}
	}
	if len(among) > 0 {
		return among[0], nil
	}
	return 0, audio.ErrNoDevice.With("%s: PortAudio has no device that %s; loopbridge devices shows what there is", name,
		verb(want))
}

func notFound(devices []Device, can, cannot []int, name, host, part string, want audio.Direction) error {
	name = Prefix + strings.TrimPrefix(name, Prefix)
	if len(can) == 0 && len(cannot) == 0 && host != "" {
		return audio.ErrNoDevice.With("%s: PortAudio has no devices of %s; is it running, and for this user?", name, host)
	}
	if wrong := matching(devices, cannot, part); len(wrong) > 0 {
		return audio.ErrNoDevice.With("%s: %s cannot do all that is wanted: it has %d channels to play and %d to record, "+
			"apart from what another program has", name,
			devices[wrong[0]], devices[wrong[0]].Play.Channels, devices[wrong[0]].Record.Channels)
	}
	const gone = "it is not there, or another program has it"
	if len(can) == 0 {
		return audio.ErrNoDevice.With("%s: %s; PortAudio has no device that %s", name, gone, verb(want))
	}
	near := slices.Clone(can)
	slices.SortStableFunc(near, func(a, b int) int {
		return cmp.Compare(distance(devices[a].Name, part), distance(devices[b].Name, part))
	})
	return audio.ErrNoDevice.With("%s: %s; the nearest names: %s", name, gone, list(devices, near[:min(3, len(near))]))
}

// verb says what want does, for error messages.
func verb(want audio.Direction) string {
	switch want {
	case audio.Play:
		return "plays"
	case audio.Record:
		return "records"
	case audio.Play | audio.Record:
		return "plays and records"
	}
	return "plays or records"
}

func list(devices []Device, which []int) string {
	var names []string
	for _, i := range which {
		names = append(names, fmt.Sprintf("%q", devices[i].String()))
	}
	return strings.Join(names, ", ")
}

// distance returns how many letters must be added, removed or replaced to turn the best part of
// name into part (Sellers).
func distance(name, part string) int {
	p := []rune(strings.ToLower(part))
	row := make([]int, len(p)+1)
	for i := range row {
		row[i] = i
	}
	best := len(p)
	for _, r := range strings.ToLower(name) {
		diagonal := row[0]
		for i, q := range p {
			cost := diagonal
			if r != q {
				cost = 1 + min(diagonal, row[i], row[i+1])
			}
			diagonal, row[i+1] = row[i+1], cost
		}
		best = min(best, row[len(p)])
	}
	return best
}
