package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/loopbridge/loopbridge/examples/phone/calls"
)

// printer prints lines of several goroutines.
type printer struct {
	mu sync.Mutex
	w  io.Writer
}

// say prints a line. What strangers have put into it cannot command a terminal.
func (p *printer) say(format string, values ...any) {
	line := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, fmt.Sprintf(format, values...))
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, line)
}

// command does what is typed in, until the input or ctx ends. It may still be waiting for a line when the program ends.
func command(ctx context.Context, p *calls.Phone, in io.Reader, say func(string, ...any)) {
	lines := bufio.NewScanner(in)
	for lines.Scan() && ctx.Err() == nil {
		verb, whom, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch verb {
		case "":
		case "hangup":
			p.HangUp()
		case "call":
			go func() {
				if err := p.Call(ctx, strings.TrimSpace(whom)); err != nil {
					say("%v", err)
				}
			}()
		default:
			if err := p.Dial(verb); err != nil {
				say("%v", err)
			}
		}
	}
}
