package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// waitFlag is --wait or --wait=DURATION, for pcm.Options.Wait.
type waitFlag time.Duration

// IsBool makes the value optional.
func (w *waitFlag) IsBool() bool { return true }

// Decode implements kong.MapperValue.
func (w *waitFlag) Decode(ctx *kong.DecodeContext) error {
	*w = waitFlag(pcm.Forever)
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	d, err := parseLength(ctx.Scan.Pop().String())
	*w = waitFlag(d)
	return err
}

// length is a positive duration.
type length time.Duration

// UnmarshalText parses "10s", "1m30s", "250ms".
func (l *length) UnmarshalText(text []byte) error {
	d, err := parseLength(string(text))
	*l = length(d)
	return err
}

func parseLength(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil && isNumber(text):
		return 0, fmt.Errorf("%s lacks a unit, use one such as %ss or %sms", text, text, text)
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration, use one such as 10s or 250ms", text)
	case d <= 0:
		return 0, fmt.Errorf("%s is out of range, use more than 0", text)
	}
	return d, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// blockSize is a number of frames or a duration.
type blockSize struct {
	frames   int
	duration time.Duration
}

// UnmarshalText parses "256" or "5ms".
func (b *blockSize) UnmarshalText(text []byte) (err error) {
	if n, err := strconv.Atoi(string(text)); err == nil {
		if n < 1 || n > pcmMaxFrames {
			return fmt.Errorf("%d frames are out of range, use 1..%d", n, pcmMaxFrames)
		}
		b.frames = n
		return nil
	}
	b.duration, err = parseLength(string(text))
	if err == nil && b.duration > pcm.MaxBuffer {
		return fmt.Errorf("%s is out of range, use up to %v", text, pcm.MaxBuffer)
	}
	if err != nil {
		return fmt.Errorf("%w, or a number of frames such as 480", err)
	}
	return nil
}

// pcmMaxFrames is the longest buffer at the highest rate.
const pcmMaxFrames = int(pcm.MaxBuffer/time.Second) * audio.MaxRate

// at returns the size in frames at a rate, 0 if none was given.
func (b blockSize) at(rate int) int {
	if b.duration > 0 {
		return max(1, int(audio.Format{Rate: rate}.Frames(b.duration)))
	}
	return b.frames
}
