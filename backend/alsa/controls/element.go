package controls

import (
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// ID names a control element of a card for as long as its driver does, also over
// unplugging and a reboot. It can be compared with ==.
type ID struct {
	Interface int    // abi.MixerElem, abi.CardElem for jacks, …
	Name      string // "Master Playback Volume"
	Index     int    // among those of equal name
	Device    int    // mostly 0
	Subdevice int    // mostly 0
}

// ParseID reads the name of a mixer element, such as "Master Playback Volume", or
// "Master Playback Volume,10" for the one with index 10. The error is audio.ErrInvalid.
func ParseID(text string) (ID, error) {
	id := ID{Interface: abi.MixerElem, Name: strings.TrimSpace(text)}
	if comma := strings.LastIndexByte(text, ','); comma >= 0 {
		id.Name = strings.TrimSpace(text[:comma])
		n, err := strconv.ParseUint(strings.TrimSpace(text[comma+1:]), 10, 16)
		if err != nil {
			return ID{}, audio.ErrInvalid.With("control %q: use the name that amixer controls shows, and a comma and its index if that is not 0", text)
		}
		id.Index = int(n)
	}
	if id.Name == "" {
		return ID{}, audio.ErrInvalid.With("control %q has no name", text)
	}
	return id, nil
}

// String returns what ParseID reads.
func (id ID) String() string {
	if id.Index == 0 {
		return id.Name
	}
	return id.Name + "," + strconv.Itoa(id.Index)
}

// Element is a control element: one or more values of one type.
type Element struct {
	ID       ID
	Type     abi.ElemType // abi.Boolean, abi.Number or abi.Enumerated
	Count    int          // of values: 2 for left and right
	Min, Max int64        // of each value; of Items for an enumeration
	Step     int64        // between values; 0 and 1: any
	Items    []string     // of an enumeration
	Readable bool
	Writable bool  // also not inactive
	User     bool  // made by a program, not by the driver
	Scale    Scale // in dB, of a number that has one

	tlv []uint32 // what the kernel says of the scale
}

// Elements are the control elements of one open card: the kernel's, or a test's.
// All methods are for any goroutine.
type Elements interface {
	// List returns those of a type that Element has. It may block shortly.
	List() ([]Element, error)
	// Read returns all values of an element. It may block shortly.
	Read(id ID) ([]int64, error)
	// Write sets all values of an element. It may block shortly: amplifiers wake up.
	Write(id ID, values []int64) error
	// Next sleeps until an element changes, whoever changed it, and returns
	// audio.ErrClosed after Close, audio.ErrGone once the card is unplugged.
	// One goroutine at a time.
	Next() (Event, error)
	// Close gives the card back, and ends Next. A second Close is no error.
	Close() error
}

// Event is an event of an element.
type Event struct {
	ID      ID
	Value   bool // it has other values
	Removed bool
	Other   bool // it was added, or its range, access or scale is another one: list again
}

// onValues returns those that switch an element on, or off.
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

// all returns one value for each channel.
func (e *Element) all(value int64) []int64 {
	values := make([]int64, e.Count)
	for i := range values {
		values[i] = value
	}
	return values
}

// setScales reads the scales of a list. The volumes of the AK4531 (ES1370) have theirs on
// the switch beside them, where it says nothing.
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
