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

	// A client that asks for no format has the server's.
	player, err := client.Open(ctx, socket, "loop0", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
	must(err)
	n, err := player.Write(ctx, make([]byte, 1000*player.Format().FrameBytes()))
	fmt.Println("played", n, "frames of", player.Format(), err)

	sound := make([]byte, 1000*recorder.Format().FrameBytes())
	n, err = recorder.Read(ctx, sound)
	fmt.Println("recorded", n, "frames", err)

	fmt.Println("the client closes:", player.Close(ctx))
	_, err = recorder.Read(ctx, sound)
	fmt.Println("end of the stream:", errors.Is(err, audio.ErrReset))
	// Output:
	// played 1000 frames of S16_LE, 8000 Hz, mono <nil>
	// recorded 1000 frames <nil>
	// the client closes: <nil>
	// end of the stream: true
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
