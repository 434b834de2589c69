// Levels prints how loud a device, or the program at an end of a loop, is: the peak of each
// channel, a line for each measurement that had sound in it.
//
//	go run ./examples/levels loop0            # what the client of loop0 plays
//	go run ./examples/levels -n 1 main        # one line, of the device main
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
)

func main() {
	log.SetFlags(0)
	socket := flag.String("socket", "", "socket of the daemon; empty: the usual places")
	interval := flag.Duration("interval", 200*time.Millisecond, "how long to measure for each line")
	lines := flag.Int("n", 0, "how many lines to print; 0: until Ctrl-C")
	flag.Parse()
	if flag.NArg() != 1 || *interval <= 0 {
		log.Fatal("usage: levels [-socket PATH] [-interval TIME] [-n LINES] NAME")
	}
	if *socket == "" {
		*socket = client.FindSocket()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := watch(ctx, control.New(*socket), flag.Arg(0), *interval, *lines, os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	if err != nil && !interrupted {
		log.Fatal(err)
	}
}

func watch(ctx context.Context, daemon *control.Client, name string, interval time.Duration, lines int, out io.Writer) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for printed := 0; lines == 0 || printed < lines; {
		levels, err := daemon.Levels(ctx, name) // since the request before; the first one is empty
		if err != nil {
			return err
		}
		if levels.Play.Frames > 0 || levels.Record.Frames > 0 {
			if _, err := fmt.Fprintf(out, "play%s   record%s\n", peaks(levels.Play), peaks(levels.Record)); err != nil {
				return err
			}
			printed++
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// peaks is a column for each channel, in dBFS.
func peaks(s api.SideLevels) (text string) {
	for _, peak := range s.Peak {
		if peak == nil {
			text += "   -inf"
		} else {
			text += fmt.Sprintf(" %6.1f", *peak)
		}
	}
	return text
}
