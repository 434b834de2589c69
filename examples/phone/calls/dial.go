package calls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/loopbridge/loopbridge/examples/phone/offer"
)

// Call places a call, and returns when it is over: with an error if it was not answered. To is a SIP URI, with or without
// "sip:"; a name alone is called at the registrar. The end of ctx gives up while it rings, and hangs up later. It waits for Run.
func (p *Phone) Call(ctx context.Context, to string) error {
	where, err := p.resolve(to)
	if err != nil {
		return err
	}
	select {
	case <-p.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := p.seize()
	if err != nil {
		return err
	}
	defer c.release()
	stop := context.AfterFunc(ctx, c.end)
	defer stop()
	d, err := p.dialogs.Invite(c.over, where, c.ours.Offer(p.o.Laws), sip.NewHeader("Content-Type", sdpType), sip.NewHeader("Allow", methods))
	if err != nil {
		return fmt.Errorf("cannot call %s: %w", where.String(), err)
	}
	if err := c.await(d); err != nil {
		return err
	}
	p.o.Say("answered by %s", where.String())
	c.talk(d)
	return nil
}

// resolve completes what a person calls.
func (p *Phone) resolve(to string) (where sip.Uri, err error) {
	if !strings.Contains(to, "@") && !strings.Contains(to, ":") {
		if p.o.Registrar == "" {
			return where, fmt.Errorf("%q has no host, and there is no registrar that would know one; call sip:NAME@HOST", to)
		}
		to += "@" + p.o.Registrar
	}
	if !strings.HasPrefix(to, "sip:") {
		to = "sip:" + to
	}
	if err := sip.ParseUri(to, &where); err != nil || where.Host == "" {
		return where, fmt.Errorf("%q is no SIP URI such as sip:name@host:5060", to)
	}
	return where, nil
}

var errMute = errors.New("given up: nothing came from there")

// outcome waits for the final response to our INVITE, at most for patience after our side has given up.
func (c *call) outcome(d *sipgo.DialogClientSession) error {
	answered := make(chan error, 1)
	go func() { answered <- d.WaitAnswer(c.over, c.answering()) }()
	select {
	case err := <-answered:
		return err
	case <-c.over.Done(): // now it cancels the call, which the other side has to confirm
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case err := <-answered:
			return err
		case <-timer.C:
			return errMute
		}
	}
}

// await waits for the answer to our INVITE, acknowledges it, and begins the sound.
func (c *call) await(d *sipgo.DialogClientSession) error {
	err := c.outcome(d)
	var refused *sipgo.ErrDialogResponse
	switch {
	case err == errMute: // the dialog is still in use
		return err
	case errors.As(err, &refused):
		return fmt.Errorf("not answered: %d %s", refused.Res.StatusCode, refused.Res.Reason)
	case err != nil && d.InviteResponse != nil && d.InviteResponse.IsSuccess(): // we gave up as they answered
		if d.Ack(context.Background()) == nil {
			c.bye(d)
		}
		return fmt.Errorf("given up: %w", err)
	case err != nil:
		return fmt.Errorf("not answered: %w", err)
	}
	c.engage(d.ID, d)
	if err := d.Ack(context.Background()); err != nil {
		return err
	}
	t, err := offer.Read(d.InviteResponse.Body())
	if err != nil {
		c.bye(d)
		return fmt.Errorf("the answer is useless: %w", err)
	}
	c.agree(t)
	return nil
}

// answering is how answers to our INVITE are taken.
func (c *call) answering() sipgo.AnswerOptions {
	rings := false
	return sipgo.AnswerOptions{
		Username: c.phone.o.Login, Password: c.phone.o.Password,
		OnResponse: func(r *sip.Response) error {
			if r.StatusCode == sip.StatusRinging && !rings {
				rings = true
				c.phone.o.Say("it rings")
			}
			return nil
		},
	}
}

// hostOf returns the host of host:port, or of a host alone.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
