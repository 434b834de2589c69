package calls

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// How long we ask a registrar to remember us, and how long we wait before asking again one that did not answer well.
const (
	lease = 5 * time.Minute
	retry = 30 * time.Second
)

// registration tells a registrar where we are (RFC 3261 part 10).
type registration struct {
	phone  *Phone
	where  sip.Uri
	callID sip.CallIDHeader // the same for all requests of a registration
	next   uint32           // CSeq
}

// register keeps the registration until ctx ends, and then withdraws it.
func (p *Phone) register(ctx context.Context) {
	r := registration{phone: p, callID: sip.CallIDHeader(sip.GenerateTagN(24)), next: 1}
	if err := sip.ParseUri("sip:"+p.o.Registrar, &r.where); err != nil {
		p.o.Say("not registered: %q is no host", p.o.Registrar)
		return
	}
	said := ""
	for {
		granted, err := r.ask(ctx, lease)
		wait, now := granted/2, fmt.Sprintf("registered as sip:%s@%s", p.o.User, hostOf(p.o.Registrar))
		if err != nil {
			wait, now = retry, fmt.Sprintf("not registered: %v", err)
		}
		if now != said && ctx.Err() == nil {
			p.o.Say("%s", now)
			said = now
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if err == nil {
				bounded, stop := context.WithTimeout(context.Background(), patience)
				defer stop()
				_, _ = r.ask(bounded, 0)
			}
			return
		}
	}
}

// ask sends one REGISTER, again with a digest if the registrar wants one, and returns how long it is valid.
func (r *registration) ask(ctx context.Context, wanted time.Duration) (granted time.Duration, err error) {
	req := r.request(wanted)
	res, err := r.phone.client.Do(ctx, req)
	if err == nil && (res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired) {
		if r.phone.o.Password == "" {
			return 0, errors.New("the registrar wants a password")
		}
		res, err = r.phone.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: r.phone.o.Login, Password: r.phone.o.Password})
	}
	r.next = req.CSeq().SeqNo + 1
	if err != nil {
		return 0, err
	}
	if res.StatusCode == sip.StatusIntervalToBrief {
		if least := seconds(res.GetHeader("Min-Expires")); wanted == lease && least > wanted {
			return r.ask(ctx, least)
		}
	}
	if !res.IsSuccess() {
		return 0, fmt.Errorf("the registrar says %d %s", res.StatusCode, res.Reason)
	}
	return r.granted(res, wanted), nil
}

func (r *registration) request(wanted time.Duration) *sip.Request {
	req := sip.NewRequest(sip.REGISTER, r.where)
	us := sip.Uri{Scheme: "sip", User: r.phone.o.User, Host: r.where.Host}
	from := sip.FromHeader{Address: us}
	from.Params.Add("tag", sip.GenerateTagN(16))
	id, expires := r.callID, sip.ExpiresHeader(wanted/time.Second)
	for _, h := range []sip.Header{
		&from, &sip.ToHeader{Address: us}, &id, &sip.CSeqHeader{SeqNo: r.next, MethodName: sip.REGISTER},
		&sip.ContactHeader{Address: r.phone.uri()}, &expires,
	} {
		req.AppendHeader(h)
	}
	return req
}

// granted reads for how long a registrar remembers us: as our Contact says, or else the whole response.
func (r *registration) granted(res *sip.Response, wanted time.Duration) time.Duration {
	for _, h := range res.GetHeaders("Contact") {
		if c, ok := h.(*sip.ContactHeader); ok && c.Address.User == r.phone.o.User && c.Address.Port == int(r.phone.address.Port()) {
			if text, found := c.Params.Get("expires"); found {
				if n, err := strconv.ParseUint(text, 10, 31); err == nil && n > 0 {
					return time.Duration(n) * time.Second
				}
			}
		}
	}
	if d := seconds(res.GetHeader("Expires")); d > 0 {
		return d
	}
	return wanted
}

// seconds reads a header that is a number; 0: it is none.
func seconds(h sip.Header) time.Duration {
	if h == nil {
		return 0
	}
	n, err := strconv.ParseUint(h.Value(), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}
