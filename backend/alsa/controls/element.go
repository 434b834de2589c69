package controls

import (
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// ID names a control element. It stays the same when the card is unplugged or the machine
// reboots. IDs are comparable.
type ID struct {
	Interface int    // abi.MixerElem, abi.CardElem for jacks, …
	Name      string // "Master Playback Volume"
	Index     int    // among elements of the same name
	Device    int    // mostly 0
	Subdevice int    // mostly 0
}

// ParseID parses the name of a mixer element, such as "Master Playback Volume", or "Master
// Playback Volume,10" for index 10. The error is audio.ErrInvalid.
func ParseID(text string) (ID, error) {
	id := ID{Interface: abi.MixerElem, Name: strings.TrimSpace(text)}
	if comma := strings.LastIndexByte(text, ','); comma >= 0 {
		id.Name = strings.TrimSpace(text[:comma])
		n, err := strconv.ParseUint(strings.TrimSpace(text[comma+1:]), 10, 16)
		if err != nil {
			return ID{}, audio.ErrInvalid.With("control %q: use the name that amixer controls shows, "+
				"and a comma and its index if that is not 0", text)
		}
		id.Index = int(n)
	}
	if id.Name == "" {
		return ID{}, audio.ErrInvalid.With("control %q has no name", text)
	}
	return id, nil
}

// String returns the name that ParseID reads.
func (id ID) String() string {
	if id.Index == 0 {
		return id.Name
	}
	return id.Name + "," + strconv.Itoa(id.Index)
}

// Element is a control element: one or more values of the same type.
type Element struct {
	ID       ID
	Type     abi.ElemType // abi.Boolean, abi.Number or abi.Enumerated
	Count    int          // number of values: 2 for left and right
	Min, Max int64        // of each value; of Items for an enumeration
	Step     int64        // between values; 0 and 1: any value
	Items    []string     // of an enumeration
	Readable bool
	Writable bool  // and active
	User     bool  // created by a program, not by the driver
	Scale    Scale // in dB, if the element has one

	tlv []uint32 // the kernel's metadata for Scale
}

// Elements are the control elements of one open card: the kernel's, or those of a test. Any
// goroutine may call the methods.
type Elements interface {
	// List returns the elements of the types that Element knows. It may block briefly.
	List() ([]Element, error)
	// Read returns all values of an element. It may block briefly.
	Read(id ID) ([]int64, error)
	// Write sets all values of an element. It may block briefly while an amplifier wakes up.
	Write(id ID, values []int64) error
	// Next blocks until an element changes, by this program or another. It returns audio.ErrClosed after
	// Close and audio.ErrGone once the card is unplugged. One goroutine at a time may call it.
	Next() (Event, error)
	// Close closes the card and ends Next. A second Close does nothing.
	Close() error
}

// Event reports a change of an element.
type Event struct {
	ID      ID
	Value   bool // its values changed
	Removed bool
	Other   bool // it was added, or its range, access or scale changed: list again
}

// onValues returns the values that switch an element on or off.
func (e *Element) onValues(on bool) []int64 {
	values := make([]int64, e.Count)
	for i := range values {
		values[i] = e.Min
		if on {
			values[i] = e.Max
		}
	}
	// A route of four is left to left, left to right, right to left, right to right.
	if on && e.Count == 4 && strings.HasSuffix(e.ID.Name, " Route") {
		values[1], values[2] = e.Min, e.Min
	}
	return values
}

// all returns value for each channel.
func (e *Element) all(value int64) []int64 {
	values := make([]int64, e.Count)
	for i := range values {
		values[i] = value
	}
	return values
}

// setScales parses the scales of a list. On the AK4531 (ES1370) the scale of a volume is on the
// switch beside it.
func setScales(list []Element) {
	switches := map[ID][]uint32{}
	for _, e := range list {
		if e.Type == abi.Boolean && e.tlv != nil {
			switches[e.ID] = e.tlv
		}
	}
	for i := range list {
		e := &list[i]
		if e.Type != abi.Number {
			continue
		}
		beside := e.ID
		beside.Name = strings.TrimSuffix(e.ID.Name, "Volume") + "Switch"
		if e.tlv == nil {
			e.tlv = switches[beside]
		}
		e.Scale = parseScale(e.tlv, e.Min, e.Max)
	}
}
