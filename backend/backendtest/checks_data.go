package backendtest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
)

// checkTransfer: Read and Write move whole frames, never more than the tick allows, and touch
// nothing but the block.
func checkTransfer(p *probe) error {
	if !p.wish.Play && !p.wish.Record {
		return fmt.Errorf("%w: a clock alone", errSkip)
	}
	if err := p.start(); err != nil {
		return err
	}
	seen := 0
	for seen < 5 {
		if err := p.wait(byTime); err != nil {
			return err
		}
		t := p.tick
		if t.Readable > 0 {
			seen++
			if err := p.move("Read", p.s.Read, t.Readable); err != nil {
				return err
			}
		}
		if t.Writable > 0 {
			seen++
			if err := p.move("Write", p.s.Write, t.Writable); err != nil {
				return err
			}
		}
		if p.tick.Position > uint64(1000*p.buffer()) {
			return errors.New("nothing to read or write in a thousand buffers")
		}
	}
	return nil
}

// move transfers max frames in two parts, after asking for what must be refused.
func (p *probe) move(name string, transfer func([]byte) (int, error), max int) error {
	const canary = 0xA5
	frame := p.granted.Format.FrameBytes()
	memory := bytes.Repeat([]byte{canary}, (max+2)*frame)

	_, long := transfer(memory[:(max+1)*frame])
	err := expect(fmt.Sprintf("%s of %d frames where %d are due", name, max+1, max), long, audio.ErrInvalid)
	if frame > 1 {
		_, torn := transfer(memory[:frame+1])
		err = errors.Join(err, expect(name+" of a part of a frame", torn, audio.ErrInvalid))
	}
	if err != nil {
		return err
	}
	moved := 0
	for _, frames := range []int{max / 2, max - max/2} {
		n, err := transfer(memory[:frames*frame])
		switch {
		case err != nil:
			return fmt.Errorf("%s of %d frames: %w", name, frames, err)
		case n < 0 || n > frames:
			return fmt.Errorf("%s of %d frames moved %d", name, frames, n)
		}
		moved += n
	}
	_, more := transfer(memory[:(max-moved+1)*frame])
	if err := expect(fmt.Sprintf("%s of more than is left of the tick", name), more, audio.ErrInvalid); err != nil {
		return err
	}
	untouched := memory
	if name == "Read" {
		untouched = memory[(max-max/2)*frame:]
	}
	for _, b := range untouched {
		if b != canary {
			return fmt.Errorf("%s changed bytes outside of the block", name)
		}
	}
	return nil
}
