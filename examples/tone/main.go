// Tone is a client that plays a sine into a loop. It waits for the loop's server, plays in
// floating point whatever the server has chosen, and returns when all of it was taken:
//
//	go run ./examples/tone -hz 440 -seconds 5 loop0
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"log"
	"math"
	"os"
	"os/signal"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func main() {
	log.SetFlags(0)
	socket := flag.String("socket", "", "socket of the daemon; empty: the usual places")
	hz := flag.Float64("hz", 1000, "frequency")
	level := flag.Float64("level", -20, "peak in dBFS")
	seconds := flag.Float64("seconds", 1, "how long")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: tone [-socket PATH] [-hz HZ] [-level DBFS] [-seconds S] LOOP")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := play(ctx, *socket, flag.Arg(0), *hz, math.Pow(10, *level/20), *seconds)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func play(ctx context.Context, socket, loop string, hz, amplitude, seconds float64) error {
	// What the format leaves open, rate and channels, is the server's.
	end, err := client.Open(ctx, socket, loop, pcm.Options{
		Role: pcm.Client, Direction: pcm.Write, Wait: pcm.Forever,
		Format: audio.Format{Encoding: audio.FloatLE},
	})
	if err != nil {
		return err
	}
	defer end.Abandon() // after Close it does nothing
	f := end.Format()
	frames := int(math.Round(seconds * float64(f.Rate)))
	block := make([]byte, 0, 480*f.FrameBytes())
	for i := 0; i < frames; {
		block = block[:0]
		for ; i < frames && len(block) < cap(block); i++ {
			v := amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(f.Rate))
			for range f.Channels {
				block = binary.LittleEndian.AppendUint32(block, math.Float32bits(float32(v)))
			}
		}
		if _, err := end.Write(ctx, block); err != nil {
			return err
		}
	}
	return end.Close(ctx) // drains
}
