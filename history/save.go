package history

import (
	"encoding/binary"
	"encoding/gob"
	"io"
	"slices"
)

// saved is a Keeper for the next process. A column is its values, the oldest first, little endian.
type saved struct {
	Places  map[string][2][]byte // peak, loudness
	Devices map[string][2][]byte // xruns, ppm
}

// Save writes all that is known, for another process.
func (k *Keeper) Save(w io.Writer) error {
	k.mu.Lock()
	k.skipLocked()
	s := saved{Places: map[string][2][]byte{}, Devices: map[string][2][]byte{}}
	for _, p := range k.places {
		s.Places[p.place.String()] = [2][]byte{p.peak.bytes(), p.loudness.bytes()}
	}
	for _, d := range k.known {
		s.Devices[d.name] = [2][]byte{d.xruns.bytes(), d.ppm.bytes()}
	}
	k.mu.Unlock()
	return gob.NewEncoder(w).Encode(&s)
}

// Load puts what another process has saved before what is known of places that are watched, and of devices. After an error
// nothing has changed.
func (k *Keeper) Load(r io.Reader) error {
	var s saved
	if err := gob.NewDecoder(r).Decode(&s); err != nil {
		return err
	}
	engines := k.bay.Devices()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.places {
		p.peak.before(s.Places[p.place.String()][0])
		p.loudness.before(s.Places[p.place.String()][1])
	}
	for _, e := range engines {
		d := k.deviceLocked(e)
		d.xruns.before(s.Devices[d.name][0])
		d.ppm.before(s.Devices[d.name][1])
	}
	return nil
}

// bytes returns the values, the oldest first.
func (c *column) bytes() []byte {
	b := make([]byte, 0, 2*len(c.values))
	for i := range c.values {
		b = binary.LittleEndian.AppendUint16(b, uint16(c.values[(c.next+i)%len(c.values)]))
	}
	return b
}

// before puts older values before those of the column.
func (c *column) before(older []byte) {
	all := make([]int16, 0, len(older)/2+len(c.values))
	for ; len(older) >= 2; older = older[2:] {
		all = append(all, int16(binary.LittleEndian.Uint16(older)))
	}
	for i := range c.values {
		all = append(all, c.values[(c.next+i)%len(c.values)])
	}
	c.values, c.next = slices.Clone(all[max(0, len(all)-Steps):]), 0
}
