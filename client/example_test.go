package client_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func ExampleOpen() {
	ctx := context.Background()
	socket, stop := serve() // a daemon; programs pass "" to find the one that runs
	defer stop()

	// The server end comes first, and sets the format.
	recorder, err := client.Open(ctx, socket, "loop0", pcm.Options{
		Role: pcm.Server, Direction: pcm.Read,
		Format: audio.Format{Rate: 8000, Channels: 1, Encoding: audio.S16LE},
	})
	must(err)
	defer recorder.Abandon()

	// Another program plays. A client that asks for no format has the server's.
	player, err := client.Open(ctx, socket, "loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	must(err)
	fmt.Println("the client plays", player.Format())
	played := make(chan error, 1)
	go func() {
		_, err := player.Write(ctx, make([]byte, 1000*player.Format().FrameBytes()))
		played <- errors.Join(err, player.Close(ctx)) // Close drains
	}()

	block := make([]byte, 160*recorder.Format().FrameBytes())
	frames := 0
	for {
		n, err := recorder.Read(ctx, block)
		frames += n
		if errors.Is(err, audio.ErrReset) { // the client has closed, and everything was read
			break
		}
		must(err)
	}
	fmt.Println("the server has recorded", frames, "frames")
	must(<-played)
	// Output:
	// the client plays S16_LE, 8000 Hz, mono
	// the server has recorded 1000 frames
}

// A client without a server is refused, unless Options.Wait lets it wait.
func ExampleOpen_noServer() {
	socket, stop := serve()
	defer stop()

	_, err := client.Open(context.Background(), socket, "loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	fmt.Println(err)
	fmt.Println(errors.Is(err, audio.ErrNoServer))
	// Output:
	// loop0: no server holds the loop; start one, or wait for it
	// true
}
