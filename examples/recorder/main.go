// Recorder holds the server end of a loop and writes what its client plays to a WAV file. It
// ends when the client closes, or at Ctrl-C. With a daemon running (make run):
//
//	go run ./examples/recorder loop0 out.wav &
//	go run ./examples/tone loop0
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func main() {
	log.SetFlags(0)
	socket := flag.String("socket", "", "socket of the daemon; empty: the usual places")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: recorder [-socket PATH] LOOP FILE")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	frames, err := record(ctx, *socket, flag.Arg(0), flag.Arg(1))
	stop()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(frames, "frames")
}

// record returns how many frames it has written.
func record(ctx context.Context, socket, loop, name string) (frames int64, err error) {
	// The format is the one that is configured for the loop; Options.Format asks for another.
	end, err := client.Open(ctx, socket, loop, pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	if err != nil {
		return 0, err
	}
	defer end.Abandon() // a server has nothing to drain
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	wav, err := wav.NewWriter(file, end.Format())
	if err != nil {
		return 0, err
	}
	size := end.Format().FrameBytes()
	block := make([]byte, 480*size)
	for {
		n, err := end.Read(ctx, block) // sleeps until the client plays
		if werr := wav.WriteFrames(block[:n*size]); werr != nil {
			return wav.Frames(), werr
		}
		switch {
		case errors.Is(err, audio.ErrReset), errors.Is(err, audio.ErrInterrupted):
			return wav.Frames(), errors.Join(wav.Close(), file.Close())
		case err != nil:
			return wav.Frames(), err
		}
	}
}
