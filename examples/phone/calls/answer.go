package calls

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/loopbridge/loopbridge/examples/phone/offer"
)

// onInvite answers a call, and returns when it is over. The SIP stack gives each INVITE a goroutine.
func (p *Phone) onInvite(r *sip.Request, tx sip.ServerTransaction) {
	if code, headers := screen(r); code != 0 {
		respond(r, tx, code, headers...)
		return
	}
	if r.To().Params.Has("tag") {
		p.onFurtherInvite(r, tx)
		return
	}
	var theirs *offer.Theirs
	if len(r.Body()) > 0 {
		t, err := offer.Read(r.Body())
		if err != nil {
			respond(r, tx, sip.StatusNotAcceptableHere)
			return
		}
		theirs = &t
	}
	c, err := p.seize()
	if err != nil {
		code := sip.StatusTemporarilyUnavailable
		if errors.Is(err, errBusy) {
			p.o.Say("busy: %s was refused", r.From().Address.String())
			code = sip.StatusBusyHere
		}
		respond(r, tx, code)
		return
	}
	defer c.release()
	p.o.Say("call from %s", r.From().Address.String())
	d, err := p.dialogs.ReadInvite(r, tx)
	if err != nil {
		respond(r, tx, sip.StatusBadRequest)
		return
	}
	if err := c.answer(d, tx, theirs); err != nil {
		c.parting = fmt.Sprintf("not answered: %v", err)
		return
	}
	c.talk(d)
}

// screen returns why a request cannot be read, or 0.
func screen(r *sip.Request) (code int, headers []sip.Header) {
	if r.To() == nil || r.From() == nil || r.CallID() == nil || r.CSeq() == nil || r.Contact() == nil {
		return sip.StatusBadRequest, nil
	}
	if required := r.GetHeaders("Require"); len(required) > 0 {
		var names []string
		for _, h := range required {
			names = append(names, h.Value())
		}
		return sip.StatusBadExtension, []sip.Header{sip.NewHeader("Unsupported", strings.Join(names, ", "))}
	}
	if len(r.Body()) > 0 {
		kind := ""
		if h := r.ContentType(); h != nil {
			kind, _, _ = strings.Cut(h.Value(), ";")
		}
		if !strings.EqualFold(strings.TrimSpace(kind), sdpType) {
			return sip.StatusUnsupportedMediaType, []sip.Header{sip.NewHeader("Accept", sdpType)}
		}
	}
	return 0, nil
}

const sdpType = "application/sdp"

var errCancelled = errors.New("the other side has given up")

// answer rings, answers, and waits for the ACK. Without an offer in the INVITE we make one, and the ACK has the answer.
func (c *call) answer(d *sipgo.DialogServerSession, tx sip.ServerTransaction, theirs *offer.Theirs) error {
	if err := c.ring(d); err != nil {
		return err
	}
	var text []byte
	if theirs != nil {
		c.agree(*theirs)
		text = c.ours.Answer(*theirs)
	} else {
		text = c.ours.Offer(c.phone.o.Laws)
	}
	c.engage(d.ID, d)
	if err := c.deliver(d, tx, text); err != nil {
		if d.Context().Err() != nil {
			return errCancelled
		}
		c.bye(d)
		return err
	}
	if theirs != nil {
		return nil
	}
	t, err := offer.Read((<-c.acks).Body())
	if err != nil {
		c.bye(d)
		return err
	}
	c.agree(t)
	return nil
}

// ring rings as long as the options say, unless one of the sides gives up.
func (c *call) ring(d *sipgo.DialogServerSession) error {
	if err := d.Respond(sip.StatusRinging, "Ringing", nil); err != nil {
		return err
	}
	timer := time.NewTimer(c.phone.o.Ring)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-d.Context().Done():
		return errCancelled // the stack has answered 487
	case <-c.over.Done():
		_ = d.Respond(sip.StatusTemporarilyUnavailable, reason(sip.StatusTemporarilyUnavailable), nil)
		return errors.New("we hung up")
	}
}

// deliver answers 200 until the ACK comes, for half a minute at most, or until our side hangs up.
func (c *call) deliver(d *sipgo.DialogServerSession, tx sip.ServerTransaction, text []byte) error {
	delivered := make(chan error, 1)
	go func() { delivered <- d.RespondSDP(text) }()
	select {
	case err := <-delivered:
		return err
	case <-c.over.Done():
		tx.Terminate() // it ends at its next attempt
		return errors.New("we hung up")
	}
}
