package sap

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

const (
	every     = 30 * time.Second
	again     = 3 * time.Second // after the first, which may be lost while a switch learns who listens
	bandwidth = 4000            // bit/s of all announcements in a scope (RFC 2974 part 3.1)
)

// Announcement is a stream that is announced.
type Announcement struct {
	directory *Directory
	packet    packet
	text      []byte
	paths     []session.Path
	sent      int       // how often; guarded by the directory
	next      time.Time // when it is sent again; guarded by the directory
}

// Text returns the description. It must not be changed.
func (a *Announcement) Text() []byte { return a.text }

// Withdraw tells that the stream ends. A second one does nothing.
func (a *Announcement) Withdraw() {
	d := a.directory
	d.mu.Lock()
	at := slices.Index(d.own, a)
	if at >= 0 {
		d.own = slices.Delete(d.own, at, at+1)
	}
	told := a.sent > 0
	d.mu.Unlock()
	if at < 0 || !told {
		return
	}
	d.turn.Lock()
	defer d.turn.Unlock()
	gone := a.packet
	gone.deletes = true
	d.deliver(&gone, a.paths)
}

// repeat sends an announcement, unless it was withdrawn.
func (a *Announcement) repeat() {
	d := a.directory
	d.turn.Lock()
	defer d.turn.Unlock()
	d.mu.Lock()
	stays := slices.Contains(d.own, a)
	d.mu.Unlock()
	if stays {
		d.deliver(&a.packet, a.paths)
	}
}

// send sends what is due, and forgets what is old, until the Directory is closed.
func (d *Directory) send() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-d.wake:
		case <-d.quit:
			return
		}
		if pause := d.round(); pause > 0 {
			timer.Reset(pause)
		}
	}
}

// round sends what is due and returns how long nothing will be; 0: for ever.
func (d *Directory) round() (pause time.Duration) {
	if d.listens {
		d.port.Refresh()
		pause = sweepEvery
	}
	now := time.Now()
	var due []*Announcement
	d.mu.Lock()
	if d.listens && d.table.sweep(now) {
		d.changed()
	}
	for _, a := range d.own {
		if !a.next.After(now) {
			a.next = now.Add(d.interval(a))
			a.sent++
			due = append(due, a)
		}
		if until := a.next.Sub(now); pause == 0 || until < pause {
			pause = until
		}
	}
	d.mu.Unlock()
	for _, a := range due {
		a.repeat()
	}
	return pause
}

// interval returns when an announcement is repeated: by the rule of RFC 2974 part 3.1, a third earlier or later, so that the
// senders of a network do not all send at once.
func (d *Directory) interval(a *Announcement) time.Duration {
	if a.sent == 0 {
		return again
	}
	bits := 8 * len(a.packet.encode()) * (len(d.own) + len(d.table.entries))
	pause := max(every, time.Duration(bits)*time.Second/bandwidth)
	return pause + time.Duration((rand.Float64()-0.5)*2/3*float64(pause))
}

// deliver sends a packet where its stream goes.
func (d *Directory) deliver(p *packet, paths []session.Path) {
	datagram := p.encode()
	for i := range paths {
		to := &paths[i]
		err := d.port.Send(datagram, group(to.To.Addr()), to.Device, to.Hops())
		d.mu.Lock()
		if d.counts.Sent++; err != nil {
			d.counts.Failed++
		}
		d.mu.Unlock()
	}
}

// Groups returns the groups in which streams are announced: of administrative scope, where AES67 devices announce, and of
// global scope (RFC 2974 part 3).
func Groups() [2]netip.Addr {
	return [2]netip.Addr{netip.AddrFrom4([4]byte{239, 255, 255, 255}), netip.AddrFrom4([4]byte{224, 2, 127, 254})}
}

// group returns where a stream is announced that goes to an address.
func group(to netip.Addr) netip.Addr {
	to = to.Unmap()
	if to.Is4() && to.IsMulticast() && to.As4()[0] != 239 && !to.IsLinkLocalMulticast() {
		return Groups()[1]
	}
	return Groups()[0]
}
