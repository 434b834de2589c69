package sap

import (
	"hash/fnv"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// How many datagrams are looked at: a second, and at once, which a network of many streams has that was just joined.
const maxRate, maxBurst = 50, 600

// Port sends and receives datagrams. Open returns that of the machine; tests have others.
type Port interface {
	// Receive blocks until a datagram comes, and returns how long it is and who has sent it. After Close it fails. It is called only if the
	// Directory listens, by one goroutine.
	Receive(buffer []byte) (n int, from netip.Addr, err error)
	// Send sends a datagram to port 9875 of a group, on a network interface or, for "", where the routes of the system lead. It does not
	// keep the datagram.
	Send(datagram []byte, group netip.Addr, device string, ttl int) error
	// Refresh joins the groups on interfaces that are new. It is called now and then if the Directory listens.
	Refresh()
	// Close makes Receive fail.
	Close() error
}

// Counts are what a Directory has counted.
type Counts struct {
	Received uint64 // datagrams
	Flooded  uint64 // of them, not looked at, as there were too many
	Refused  uint64 // of them, those that say nothing that can be played, or did not fit
	Sent     uint64 // announcements
	Failed   uint64 // announcements that the network did not take
}

// Directory announces streams and knows those of others.
type Directory struct {
	port    Port
	listens bool
	limit   *rate.Limiter // of what is looked at
	wake    chan struct{} // something is to be announced
	quit    chan struct{}
	wait    sync.WaitGroup
	changes chan struct{}

	turn sync.Mutex // held while a packet of an announcement is sent, so that none follows its deletion; before mu

	mu      sync.Mutex
	table   table
	own     []*Announcement
	counts  Counts
	sending bool // the goroutine that sends and forgets runs
	closed  bool
}

// New returns a Directory, which closes the port. If it does not listen, it only announces.
func New(p Port, listen bool) *Directory {
	d := &Directory{port: p, listens: listen, limit: rate.NewLimiter(maxRate, maxBurst), wake: make(chan struct{}, 1), quit: make(chan struct{}), changes: make(chan struct{}, 1)}
	d.table.entries = map[key]*entry{}
	if listen {
		d.sending = true
		d.wait.Go(d.receive)
		d.wait.Go(d.send)
	}
	return d
}

// Streams returns the streams that others announce, by name. Two may have the same.
func (d *Directory) Streams() []Heard {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.table.list()
}

// Changes returns a channel that receives when Streams has others than before. Several changes may be one.
func (d *Directory) Changes() <-chan struct{} { return d.changes }

// Counts returns what was counted so far.
func (d *Directory) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.counts
	c.Refused += d.table.refused
	return c
}

// Listens reports whether the Directory hears others.
func (d *Directory) Listens() bool { return d.listens }

// Close withdraws all announcements and forgets all streams. A second Close does nothing.
func (d *Directory) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	own := slices.Clone(d.own)
	d.closed = true
	d.mu.Unlock()
	for _, a := range own {
		a.Withdraw()
	}
	close(d.quit)
	err := d.port.Close()
	d.wait.Wait()
	return err
}

// receive takes datagrams until the port is closed.
func (d *Directory) receive() {
	buffer := make([]byte, maxPacket+1)
	for {
		n, from, err := d.port.Receive(buffer)
		if err != nil {
			return
		}
		d.take(buffer[:n], from)
	}
}

// take takes a datagram.
func (d *Directory) take(datagram []byte, from netip.Addr) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.Received++
	if !d.limit.AllowN(now, 1) {
		d.counts.Flooded++
		return
	}
	if len(datagram) > maxPacket {
		d.counts.Refused++
		return
	}
	p, err := decode(datagram)
	if err != nil {
		d.counts.Refused++
		return
	}
	if slices.ContainsFunc(d.own, func(a *Announcement) bool { return string(a.text) == string(p.text) }) {
		return // a group brings back what was sent to it
	}
	if d.table.take(&p, from, now) {
		d.changed()
	}
}

// changed tells of a change.
func (d *Directory) changed() {
	select {
	case d.changes <- struct{}{}:
	default: // it was told already
	}
}

// Announce announces a stream until it is withdrawn. Its description must not be longer than an announcement can be. ErrInvalid says what is wrong
// with the stream; ErrClosed: the Directory is closed.
func (d *Directory) Announce(s *session.Stream) (*Announcement, error) {
	text, err := sdp.Write(s)
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxPacket-64:
		return nil, audio.ErrInvalid.With("the description of %s is too long to be announced", s.Name)
	}
	h := fnv.New32a()
	h.Write(text)
	sum := h.Sum32()
	a := &Announcement{directory: d, text: text, paths: slices.Clone(s.Paths)}
	a.packet = packet{hash: max(uint16(sum>>16)^uint16(sum), 1), source: s.Origin.Address, text: text}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, audio.ErrClosed.With("the daemon ends")
	}
	d.own = append(d.own, a)
	if !d.sending {
		d.sending = true
		d.wait.Go(d.send)
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return a, nil
}
