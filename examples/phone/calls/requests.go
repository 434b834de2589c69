package calls

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/loopbridge/loopbridge/examples/phone/offer"
)

// callOf returns the call that a request is part of, and its dialog; nil: none.
func (p *Phone) callOf(r *sip.Request) (*call, dialog) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.dialog == nil {
		return nil, nil
	}
	called, err := sip.DialogIDFromRequestUAS(r)
	if err != nil {
		return nil, nil
	}
	calling, _ := sip.DialogIDFromRequestUAC(r)
	if id := p.current.id; id != called && id != calling {
		return nil, nil
	}
	return p.current, p.current.dialog
}

// onAck tells the call that our answer has arrived.
func (p *Phone) onAck(r *sip.Request, tx sip.ServerTransaction) {
	c, d := p.callOf(r)
	if c == nil || r.CSeq() == nil {
		return // nobody answers an ACK
	}
	select {
	case <-c.acks: // an older one
	default:
	}
	select {
	case c.acks <- r:
	default:
	}
	if called, ok := d.(interface {
		ReadAck(*sip.Request, sip.ServerTransaction) error
	}); ok {
		_ = called.ReadAck(r, tx) // an ACK of something else is ignored
	}
}

// onBye ends the call.
func (p *Phone) onBye(r *sip.Request, tx sip.ServerTransaction) {
	c, d := p.callOf(r)
	if c == nil || r.CSeq() == nil {
		respond(r, tx, sip.StatusCallTransactionDoesNotExists)
		return
	}
	p.mu.Lock()
	c.leaving = true // before the other side knows that it may call again
	p.mu.Unlock()
	if err := d.ReadBye(r, tx); err != nil {
		respond(r, tx, sip.StatusInternalServerError)
		p.mu.Lock()
		c.leaving = false
		p.mu.Unlock()
	}
}

// onOptions says what we can do (RFC 3261 part 11), busy or not.
func (p *Phone) onOptions(r *sip.Request, tx sip.ServerTransaction) {
	respond(r, tx, sip.StatusOK, sip.NewHeader("Allow", methods), sip.NewHeader("Accept", sdpType))
}

// onFurtherInvite changes the sound of the call that goes on (RFC 3261 part 14): most often the other side puts us on hold,
// or takes us off. What we refuse leaves the call as it was.
func (p *Phone) onFurtherInvite(r *sip.Request, tx sip.ServerTransaction) {
	c, d := p.callOf(r)
	if c == nil {
		respond(r, tx, sip.StatusCallTransactionDoesNotExists)
		return
	}
	select {
	case c.change <- struct{}{}: // the ACK of the one before may come after this one
		defer func() { <-c.change }()
	case <-c.over.Done():
		respond(r, tx, sip.StatusCallTransactionDoesNotExists)
		return
	}
	if err := d.ReadRequest(r, tx); err != nil {
		respond(r, tx, sip.StatusInternalServerError)
		return
	}
	changed := c.ours
	changed.Version++
	text := changed.Offer(p.o.Laws)
	if len(r.Body()) > 0 {
		t, err := offer.Read(r.Body())
		if err != nil {
			respond(r, tx, sip.StatusNotAcceptableHere)
			return
		}
		c.agree(t)
		text = changed.Answer(t)
	}
	c.ours = changed
	ack := c.insist(r, tx, text)
	if ack == nil || len(r.Body()) > 0 {
		return
	}
	if t, err := offer.Read(ack.Body()); err == nil {
		c.agree(t)
	}
}

// insist answers 200 until the ACK comes (RFC 3261 13.3.1.4), and returns that. Without one the call is over.
func (c *call) insist(r *sip.Request, tx sip.ServerTransaction, text []byte) (ack *sip.Request) {
	res := sip.NewSDPResponseFromRequest(r, text)
	res.AppendHeader(&sip.ContactHeader{Address: c.phone.uri()})
	for wait := sip.T1; tx.Respond(res) == nil; wait = min(2*wait, sip.T2) {
		timer := time.NewTimer(wait)
	wait:
		for {
			select {
			case ack := <-c.acks:
				if ack.CSeq().SeqNo == r.CSeq().SeqNo {
					timer.Stop()
					return ack
				}
			case <-timer.C:
				break wait
			case <-c.over.Done():
				timer.Stop()
				return nil
			}
		}
	}
	c.end()
	return nil
}
