// Phone is a telephone without hardware: the server of a pair of loops, which carries what a client plays to another
// telephone, and lets a client record what that says. It speaks SIP and G.711, and is the model of a server: package handset
// says who waits for whom, and when a client gets ECONNRESET.
//
//	      client                     daemon                  this program
//	aplay, your program   ─▶ loop "phone-out" ─▶ handset ─▶ voice ─▶ RTP ─▶ ┐
//	                                                        calls ◀─ SIP ─▶ ├ the other telephone
//	arecord, your program ◀─ loop "phone-in"  ◀─ handset ◀─ voice ◀─ RTP ◀─ ┘
//
// With a daemon that has the two loops (docs/phone.md), it waits for calls, or places one:
//
//	go run ./examples/phone -listen 192.0.2.7:5060
//	go run ./examples/phone -listen 192.0.2.7:5060 call sip:echo@192.0.2.9
//
// What happens is printed, a line each. Lines typed in are commands: "call WHOM", "hangup", and keys such as "42#".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/examples/phone/calls"
	"github.com/loopbridge/loopbridge/examples/phone/handset"
	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

// run is the whole program. It ends with ctx, with the call that args place, or with the daemon.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h, err := handset.Open(ctx, o.handset)
	if err != nil {
		return err
	}
	defer h.Close()
	gone := false
	o.calls.Say = (&printer{w: out}).say
	o.calls.Talk = func(ctx context.Context, sound *voice.Session) error {
		err := h.Talk(ctx, sound)
		if errors.Is(err, handset.ErrDaemon) {
			gone = true
			stop()
		} else if errors.Is(err, audio.ErrReset) {
			return errors.New("a client closed its end")
		}
		return err
	}
	p, err := calls.New(o.calls)
	if err != nil {
		return err
	}
	o.calls.Say("listening at %s", p.URI())
	go command(ctx, p, in, o.calls.Say)
	called := make(chan error, 1)
	if o.call != "" {
		go func() {
			called <- p.Call(ctx, o.call)
			stop()
		}()
	}
	err = p.Run(ctx)
	if o.call != "" {
		err = errors.Join(<-called, err)
	}
	if gone {
		err = errors.Join(handset.ErrDaemon, err)
	}
	return err
}

// options are what the command line says.
type options struct {
	handset handset.Options
	calls   calls.Options
	call    string // whom; "": wait for calls
}

func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("phone", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.handset.Socket, "socket", "", "socket of the daemon; empty: the usual places")
	f.StringVar(&o.handset.Out, "out", "phone-out", "loop that a client plays into")
	f.StringVar(&o.handset.In, "in", "phone-in", "loop that a client records from")
	f.BoolVar(&o.handset.Hold, "hold", false, "clients stay from call to call, and hear silence in between")
	listen := f.String("listen", "127.0.0.1:5060", "address and UDP port for calls, as others reach it")
	f.StringVar(&o.calls.User, "user", "phone", "name in our SIP address")
	f.StringVar(&o.calls.Registrar, "registrar", "", "HOST or HOST:PORT to register with")
	f.StringVar(&o.calls.Login, "login", "", "name for the password; empty: that of -user")
	secret := f.String("password-file", "", "file with the password of the registrar, alone on its first line")
	f.DurationVar(&o.calls.Ring, "ring", 0, "how long to ring before answering")
	f.DurationVar(&o.calls.Delay, "jitter", 40*time.Millisecond, "delay of the jitter buffer, 20ms to 250ms")
	alaw := f.Bool("alaw", false, "prefer A-law to µ-law")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() == 2 && f.Arg(0) == "call":
		o.call = f.Arg(1)
	case f.NArg() != 0:
		return o, errors.New("usage: phone [-listen HOST:PORT] [more options] [call WHOM]; phone -help lists the options")
	}
	if o.calls.Listen, err = netip.ParseAddrPort(*listen); err != nil {
		return o, fmt.Errorf("-listen %q is no address and port, such as 192.0.2.7:5060", *listen)
	}
	if *alaw {
		o.calls.Laws = []voice.Law{voice.ALaw, voice.MuLaw}
	}
	if *secret != "" {
		text, err := os.ReadFile(*secret)
		if err != nil {
			return o, err
		}
		o.calls.Password, _, _ = strings.Cut(string(text), "\n")
	}
	return o, nil
}
