// Package handset is the server of a pair of loops, as a telephone has a mouthpiece and an earpiece. It is the model of a
// server: a program that stands behind a virtual sound device, and carries its sound elsewhere.
//
//	a client                  the daemon                     the server: this package
//	plays ─▶ client end ═══ loop "phone-out" ═══ server end ─▶ Read  ─▶ Carrier.Send    ─▶ the other side
//	hears ◀─ client end ═══ loop "phone-in"  ═══ server end ◀─ Write ◀─ Carrier.Receive ◀─ the other side
//
// Who waits for whom:
//
//   - The server comes first. Open takes both server ends, and with them the loops have a format: from then on a client can
//     open them.
//   - A client that plays before there is a call sleeps, as its server does not read yet. When Talk begins, the server reads,
//     and the first frame that the client wrote is the first that is sent.
//   - Talk that begins before there is a client sleeps too, in Read and Wait, until one plays or records.
//   - When the call ends, Talk halts both ends: each client gets ECONNRESET, which is its end of stream, the one who
//     records after all that came before. The ends stay open, and wait for the next client.
//   - When a client closes, the server gets ECONNRESET if the loop's on_client_close is "reset". Talk returns that: whoever
//     plays or records has hung up. With "hold" the server sleeps until the next client, and with "silence" it hears
//     silence: Talk goes on.
//   - A handset that holds does not halt: between two calls its clients hear silence, and what they play is dropped, so one
//     client can be there for many calls.
//
// Nothing here measures time. The loops' clock says when 20 ms are over, by letting Read return and Write go on.
package handset

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/examples/phone/voice"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Carrier takes sound to the other side of a call, and brings what that says. Blocks have voice.Block frames. Each method is called by one goroutine, which
// is not always the same; neither may block for long.
type Carrier interface {
	// Send takes a block that the client has played. Fresh: the client has just begun, so there was a gap before.
	Send(block []byte, fresh bool)
	// Receive fills a block for the client to record.
	Receive(block []byte)
}

// Options say which loops a handset serves.
type Options struct {
	Socket  string // of the daemon; "": the usual places
	Out, In string // the loops
	Hold    bool   // clients stay from call to call
}

// Handset holds the server ends of two loops. One goroutine at a time may call Talk and Close.
type Handset struct {
	out, in *pcm.PCM
	hold    bool

	lower  context.CancelFunc // ends the rest between two calls; nil: it does not rest
	rested chan struct{}
}

// Open takes the server ends. It returns the errors of client.Open: ErrBusy says that somebody else is the server.
func Open(ctx context.Context, o Options) (*Handset, error) {
	f := audio.Format{Rate: voice.Rate, Channels: 1, Encoding: audio.S16LE}
	// What is read at once is no latency: a long ring costs nothing, and helps when this program is late.
	out, err := client.Open(ctx, o.Socket, o.Out, pcm.Options{Role: pcm.Server, Direction: pcm.Read, Format: f, Period: voice.Block, Buffer: voice.Rate})
	if err != nil {
		return nil, err
	}
	// What is written and not yet heard is latency, so this ring is short.
	in, err := client.Open(ctx, o.Socket, o.In, pcm.Options{Role: pcm.Server, Direction: pcm.Write, Format: f, Period: voice.Block, Buffer: 3 * voice.Block})
	if err != nil {
		_ = out.Close(ctx)
		return nil, err
	}
	h := &Handset{out: out, in: in, hold: o.Hold}
	h.rest()
	return h, nil
}

// Close gives the ends back: when it returns, another server can take them. Clients that are still there get ECONNRESET.
func (h *Handset) Close() {
	h.rise()
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = errors.Join(h.out.Close(ctx), h.in.Close(ctx)) // a daemon that has gone has taken them
}

// ErrDaemon says that the daemon has gone, and the ends with it.
var ErrDaemon = errors.New("the daemon has gone")

// Talk carries a call until ctx ends, and then returns nil. audio.ErrReset: a client hung up. ErrDaemon: the handset is of no
// more use.
func (h *Handset) Talk(ctx context.Context, carrier Carrier) error {
	h.rise()
	err := h.carry(ctx, carrier)
	if !h.hold || err != nil {
		err = errors.Join(err, h.halt())
	}
	h.rest()
	return err
}

// carry moves frames both ways until ctx ends or one way fails.
func (h *Handset) carry(ctx context.Context, carrier Carrier) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var errs [2]error
	var ways sync.WaitGroup
	for i, way := range []func(context.Context, Carrier) error{h.speak, h.listen} {
		ways.Go(func() {
			defer stop() // a telephone with one way is none
			errs[i] = way(ctx, carrier)
		})
	}
	ways.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, audio.ErrInterrupted) {
			return err
		}
	}
	return nil
}

// speak sends what the client plays. Its Read sleeps until a client does.
func (h *Handset) speak(ctx context.Context, carrier Carrier) error {
	var block [voice.Block * voice.FrameBytes]byte
	for {
		state := h.out.State()
		n, err := h.out.Read(ctx, block[:])
		if err != nil {
			return err
		}
		clear(block[n*voice.FrameBytes:])                                 // the end of the stream can be short
		carrier.Send(block[:], state == ring.Idle || state == ring.Armed) // then Read has slept
	}
}

// listen plays what is received to the client. It asks the carrier for a block no sooner than there is room for it, so that
// what the client hears is new.
func (h *Handset) listen(ctx context.Context, carrier Carrier) error {
	var block [voice.Block * voice.FrameBytes]byte
	for {
		if _, err := h.in.Wait(ctx, voice.Block); err != nil { // sleeps until a client records
			return err
		}
		carrier.Receive(block[:])
		if _, err := h.in.Write(ctx, block[:]); err != nil {
			return err
		}
	}
}

// halt ends the session of each loop. The last words of a call are heard first, if the clock of the loop goes on. A daemon that
// does not answer is as good as gone.
func (h *Handset) halt() error {
	ctx := context.Background()
	if h.in.State() == ring.Running {
		bounded, stop := context.WithTimeout(ctx, time.Second)
		_ = h.in.Drain(bounded) // or they are not
		stop()
	}
	if errors.Join(h.in.Halt(ctx), h.out.Halt(ctx)) != nil {
		return ErrDaemon
	}
	return nil
}
