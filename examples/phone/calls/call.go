package calls

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/loopbridge/loopbridge/examples/phone/offer"
	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// dialog is the relation of two telephones during a call (RFC 3261 part 12), whoever called.
type dialog interface {
	Bye(context.Context) error
	ReadBye(*sip.Request, sip.ServerTransaction) error
	ReadRequest(*sip.Request, sip.ServerTransaction) error
	Context() context.Context // it ends with the dialog
}

// call is one call, from the first INVITE to the last BYE.
type call struct {
	phone *Phone
	sound *voice.Session
	ours  offer.Ours
	over  context.Context // ends when our side hangs up
	end   context.CancelFunc
	heard sync.WaitGroup // what reads the socket of the sound

	acks    chan *sip.Request // the last ACK that came
	change  chan struct{}     // holds one value while an INVITE waits for its ACK
	parting string            // what is said when the phone is idle again
	idle    chan struct{}     // closed then

	// Guarded by the lock of the phone.
	id      string // of the dialog; "": none yet
	dialog  dialog
	leaving bool // the other side has hung up
	held    bool // the other side does not want to hear us
}

var (
	errBusy    = errors.New("the telephone is busy")
	errNoCall  = errors.New("there is no call")
	errClosing = errors.New("the telephone is being closed")
)

// seize makes the phone busy with a new call. Release it. It waits for a call that is over, but not yet cleared away.
func (p *Phone) seize() (*call, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.current != nil && !p.closing {
		last := p.current
		if !last.leaving && last.over.Err() == nil {
			return nil, errBusy
		}
		p.mu.Unlock()
		<-last.idle
		p.mu.Lock()
	}
	if p.closing {
		return nil, errClosing
	}
	sound, err := voice.Listen(p.address.Addr(), p.o.Delay, func(key rune) { p.o.Say("key %c", key) })
	if err != nil {
		return nil, err
	}
	c := &call{phone: p, sound: sound, ours: p.newOurs(sound.Port()), acks: make(chan *sip.Request, 1), change: make(chan struct{}, 1), idle: make(chan struct{})}
	c.over, c.end = context.WithCancel(context.Background())
	c.change <- struct{}{} // until the first INVITE is settled
	c.heard.Go(sound.Run)
	p.current = c
	p.tasks.Add(1)
	return c, nil
}

// release makes the phone idle again, and then says how the call was.
func (c *call) release() {
	c.end()
	c.sound.Close()
	c.heard.Wait()
	c.phone.mu.Lock()
	c.phone.current = nil
	close(c.idle)
	c.phone.mu.Unlock()
	if c.parting != "" {
		c.phone.o.Say("%s", c.parting)
	}
	c.phone.tasks.Done()
}

// engage lets the requests of a dialog reach the call.
func (c *call) engage(id string, d dialog) {
	c.phone.mu.Lock()
	defer c.phone.mu.Unlock()
	c.id, c.dialog = id, d
}

// agree begins or changes the sound.
func (c *call) agree(t offer.Theirs) {
	a := t.Agreement()
	c.sound.Agree(a)
	c.phone.mu.Lock()
	changed := c.held == a.Send
	c.held = !a.Send
	c.phone.mu.Unlock()
	switch {
	case changed && !a.Send:
		c.phone.o.Say("on hold")
	case changed:
		c.phone.o.Say("off hold")
	}
}

// patience is how long the other side has to answer a BYE. Whether it does changes nothing.
const patience = 2 * time.Second

// bye ends the dialog from our side.
func (c *call) bye(d dialog) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	_ = d.Bye(ctx)
}

// talk carries the sound until one side ends the call, and notes why and how it was.
func (c *call) talk(d dialog) {
	<-c.change
	stop := context.AfterFunc(d.Context(), c.end)
	defer stop()
	err := c.phone.o.Talk(c.over, c.sound)
	why := "we hung up"
	switch {
	case d.Context().Err() != nil:
		why = "the other side hung up"
	case err != nil:
		why = err.Error()
	}
	c.bye(d) // after one of the other side it does nothing
	n := c.sound.Counts()
	c.parting = fmt.Sprintf("ended: %s; packets: %d sent, %d received, %d lost, %d late, %d refused; silence in place of sound: %d ms",
		why, n.Sent, n.Received, n.Lost, n.Late, n.Refused, n.Concealed*1000/voice.Rate)
}

// HangUp ends the call, if there is one. It does not wait for the end.
func (p *Phone) HangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.end()
	}
}

// Dial sends keys in the call, as voice.Session.Dial does, and blocks as long.
func (p *Phone) Dial(digits string) error {
	p.mu.Lock()
	c := p.current
	talking := c != nil && c.dialog != nil
	p.mu.Unlock()
	if !talking {
		return errNoCall
	}
	return c.sound.Dial(c.over, digits)
}
