package bench

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// programSpec is what a program of Soak does, a line of JSON on stdin. The end of stdin ends its life early.
type programSpec struct {
	Socket    string          `json:"socket"`
	Loop      string          `json:"loop"`
	Role      pcm.Role        `json:"role"`
	Direction audio.Direction `json:"direction"`
	Format    *audio.Format   `json:"format,omitempty"` // nil: the loop's
	Period    int             `json:"period"`           // frames
	Wait      time.Duration   `json:"wait_ns"`
	Life      time.Duration   `json:"life_ns"` // how long it moves frames
	Manner    string          `json:"manner"`
}

// programResult is the line of JSON that it prints in the end.
type programResult struct {
	Errno  int    `json:"errno,omitempty"`
	Error  string `json:"error,omitempty"`
	Frames uint64 `json:"frames"`
	Opens  int    `json:"opens"`
}

// soakPatience is how long a call waits for a sign of life from a daemon that may be stopped, on a machine that may be slow.
const soakPatience = 30 * time.Second

// leaveTime limits what a program does after its life.
const leaveTime = 3 * time.Second

// Program runs a program of Soak, the command "bench program"; in and out are its pipes.
func Program(ctx context.Context, in io.Reader, out io.Writer) error {
	p := program{}
	lines := json.NewDecoder(in)
	if err := lines.Decode(&p.programSpec); err != nil {
		return errors.New("this command is for the bench command only")
	}
	ctx = client.WithPatience(ctx, soakPatience)
	life, end := context.WithTimeout(ctx, p.Life)
	defer end()
	go func() {
		_ = lines.Decode(new(any))
		end()
	}()
	if err := p.live(ctx, life); err != nil {
		p.result.Error, p.result.Errno = err.Error(), int(syscall.EIO)
		var known *audio.Error
		if errors.As(err, &known) {
			p.result.Errno = int(known.Errno())
		}
	}
	return json.NewEncoder(out).Encode(p.result)
}

// program is a program of Soak.
type program struct {
	programSpec
	result programResult
	pcm    *pcm.PCM
}

// manners are what programs do with an end that they hold, by name. "come and go" has none.
func manners() map[string]func(p *program, ctx, life context.Context) error {
	return map[string]func(p *program, ctx, life context.Context) error{
		"close":  func(p *program, _, life context.Context) error { return p.move(life) },
		"drain":  (*program).drain,
		"halt":   (*program).halt,
		"pause":  (*program).pause,
		"setup":  (*program).setup,
		"deaf":   (*program).deaf,
		"vanish": func(p *program, _, life context.Context) error { defer os.Exit(0); return p.move(life) },
		churn:    nil,
	}
}

// churn is the manner of a program that opens and closes as fast as it can.
const churn = "come and go"

func (p *program) live(ctx, life context.Context) error {
	for {
		err := p.open(life)
		if p.Manner == churn && life.Err() == nil && (errors.Is(err, audio.ErrBusy) || errors.Is(err, audio.ErrNoServer)) {
			continue
		}
		if err != nil {
			return err
		}
		if p.Manner != churn {
			break
		}
		if err := p.pcm.Close(ctx); err != nil || life.Err() != nil {
			return err
		}
	}
	if err := manners()[p.Manner](p, ctx, life); err != nil {
		p.pcm.Abandon()
		return err
	}
	leave, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	return p.pcm.Close(leave)
}

func (p *program) open(ctx context.Context) (err error) {
	o := pcm.Options{Role: p.Role, Direction: p.Direction, Period: p.Period, Wait: p.Wait}
	if p.Format != nil {
		o.Format = *p.Format
	}
	p.pcm, err = client.Open(ctx, p.Socket, p.Loop, o)
	if err == nil {
		p.result.Opens++
	}
	return err
}

// move moves frames until its time is over.
func (p *program) move(life context.Context) error {
	block := make([]byte, max(1, p.Period)*p.pcm.Format().FrameBytes())
	newPattern(p.pcm.Format()).fill(block, 0)
	for life.Err() == nil {
		call := p.pcm.Write
		if p.pcm.Direction() == pcm.Read {
			call = p.pcm.Read
		}
		n, err := call(life, block)
		p.result.Frames += uint64(n)
		if err != nil && life.Err() == nil {
			return err
		}
	}
	return nil
}
