package pcm_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// pair opens both ends of a loop in this process; other programs use package client.
func pair(ctx context.Context) (server, client *pcm.PCM, stop func()) {
	clock, err := null.Open(backend.Config{Format: audio.DefaultFormat(), Period: 480, Periods: 2}, null.Options{Freewheel: true})
	must(err)
	engine, bay := loop.NewEngine("null", clock), loop.NewPatchbay()
	must(bay.Add(loop.Spec{Name: "loop0"}, engine))
	server, err = bay.Open(ctx, "loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	must(err)
	client, err = bay.Open(ctx, "loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	must(err)
	return server, client, func() {
		client.Abandon()
		server.Abandon()
		bay.Close()
		must(engine.Close())
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// What one end writes, the other reads, bit for bit.
func ExamplePCM() {
	ctx := context.Background()
	server, client, stop := pair(ctx)
	defer stop()

	played := make(chan error, 1)
	go func() {
		_, err := client.Write(ctx, []byte("abcdefgh")) // two frames of two channels of 16 bits
		played <- errors.Join(err, client.Close(ctx))   // Close waits until the server has everything
	}()
	frames := make([]byte, 100*server.Format().FrameBytes())
	n, err := server.Read(ctx, frames) // sleeps until there are 100 frames, or the stream ends
	fmt.Printf("%d frames: %s, %v\n", n, frames[:n*server.Format().FrameBytes()], err)
	must(<-played)
	_, err = server.Read(ctx, frames)
	fmt.Println("end of the stream:", errors.Is(err, audio.ErrReset))
	// Output:
	// 2 frames: abcdefgh, <nil>
	// end of the stream: true
}

// In non-blocking mode a call that would sleep fails instead.
func ExamplePCM_SetNonblock() {
	ctx := context.Background()
	_, client, stop := pair(ctx)
	defer stop()

	client.SetNonblock(true)
	room := client.Avail()
	n, err := client.Write(ctx, make([]byte, 2*room*client.Format().FrameBytes()))
	fmt.Println(n == room, err) // nobody reads yet: as much as fits
	n, err = client.Write(ctx, make([]byte, client.Format().FrameBytes()))
	fmt.Println(n, errors.Is(err, audio.ErrWouldBlock))
	// Output:
	// true <nil>
	// 0 true
}

// After the end of a stream a server that halts can serve the next client.
func ExamplePCM_Halt() {
	ctx := context.Background()
	server, client, stop := pair(ctx)
	defer stop()

	_, err := client.Write(ctx, make([]byte, 4*96))
	must(err)
	client.Abandon() // as if the program had been killed
	frames := make([]byte, 4*1000)
	n, err := server.Read(ctx, frames)
	fmt.Println(n, err)
	_, err = server.Read(ctx, frames)
	fmt.Println(errors.Is(err, audio.ErrReset))
	fmt.Println(server.Halt(ctx), server.State())
	// Output:
	// 96 <nil>
	// true
	// <nil> idle
}
