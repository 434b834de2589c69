package rtp

import (
	"math/rand/v2"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Open returns a stopped stream, guarded, that grants the wish exactly. It blocks until packets come, or for
// Options.Timeout: then the error is audio.ErrNoDevice, as of a card that is not plugged in. audio.ErrInvalid names a value and its
// range, audio.ErrUnsupported a direction that the options lack, audio.ErrBusy a port that another program has,
// audio.ErrPermission one that this program may not have. After an error the caller still has to close Options.Net.
//
// The stream is a backend.Networked, a backend.Delayer and a backend.Heir. It holds a few descriptors, and no goroutine but that
// of the reports of RTCP.
func Open(wish backend.Config, o Options) (backend.Stream, error) {
	o = o.withDefaults()
	if err := validate(wish, o); err != nil {
		return nil, err
	}
	own := o.Net == nil
	if own {
		n, err := listen(o, wish)
		if err != nil {
			return nil, err
		}
		o.Net = n
	}
	s, err := newStream(wish, o)
	if err == nil {
		err = s.await()
	}
	if err != nil {
		if own {
			_ = o.Net.Close()
		}
		return nil, err
	}
	if own {
		s.reports = report(s)
	}
	return backend.Guard(s), nil
}

// newStream returns a stopped stream that has heard nothing.
func newStream(wish backend.Config, o Options) (*stream, error) {
	s := &stream{o: o, granted: wish, net: o.Net, buffer: wish.Period * wish.Periods, frame: wish.Format.FrameBytes()}
	s.pace = pace{Rate: wish.Format.Rate, Exact: o.Receive == nil && !o.PTP, At: o.Net.Now()}
	if o.PTP {
		a, ok := o.Net.(Atomic)
		if !ok {
			return nil, audio.ErrUnsupported.With("this network does not know the time of PTP")
		}
		if err := a.Synchronised(); err != nil {
			return nil, err
		}
		s.atomic = a
	}
	if o.Receive != nil {
		crypt, err := newCryptor(o.Receive.Keys)
		if err != nil {
			return nil, err
		}
		s.intake = newIntake(wish, o, &s.counts, crypt)
	}
	if s.sends() {
		seed := o.Seed
		if seed == 0 {
			seed = rand.Uint64()
		}
		crypt, err := newCryptor(o.Send.Keys)
		if err != nil {
			return nil, err
		}
		s.packer = newPacker(wish, o.Send, rand.New(rand.NewPCG(seed, 0)), crypt)
		if s.intake != nil {
			s.intake.own = s.packer.SSRC
		}
	}
	return s, nil
}

// await blocks until a sender is heard.
func (s *stream) await() error {
	if s.intake == nil {
		return nil
	}
	if s.atomic != nil { // packets are of about now, or of another clock
		if err := s.followTAI(true); err != nil {
			return err
		}
	}
	const look, seldom = int64(2 * time.Millisecond), int64(20 * time.Millisecond)
	rare := s.net.Now() + 25*look // a sender that is missing for days costs little, and the kernel keeps what comes meanwhile
	s.intake.tries = 1 << 12
	defer func() { s.intake.tries = 0 }()
	for end := s.net.Now() + int64(s.o.Timeout); ; {
		now := s.net.Now()
		if err := s.receive(now); err != nil {
			return err
		}
		switch in := s.intake; {
		case in.foreign != 0:
			return s.foreignClock(in.foreign)
		case in.Known && (in.fits || !in.ptp):
			return nil
		}
		if now >= end {
			return s.nothing()
		}
		pause := look
		if now >= rare {
			pause = seldom
		}
		if _, err := s.net.Sleep(min(end, now+pause)); err != nil {
			return err
		}
	}
}

// nothing returns why Open has failed, for people.
func (s *stream) nothing() error {
	p := s.o.Receive.Paths[0]
	from := ""
	if p.From.IsValid() {
		from = " from " + p.From.String()
	}
	if refused := s.counts.refused.Load(); refused > 0 {
		return audio.ErrNoDevice.With("%d datagrams came to %v%s within %v, but none fit the stream; "+
			"compare payload type, payload and channels with those of its sender", refused, p.To, from, s.o.Timeout)
	}
	return audio.ErrNoDevice.With("no packets come to %v%s: nothing in %v; is the sender on, and does a firewall let them in?",
		p.To, from, s.o.Timeout)
}
