package server_test

import (
	"encoding/binary"
	"io"
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// What is heard as a stream is what a program plays, sample for sample, for as long as was asked for.
func TestSound(t *testing.T) {
	r := newRemote(t, "", "")
	ctx := servertest.Guard(t)
	for path, want := range map[string]int{"/v1/sound/nobody": 404, "/v1/sound/loop0?seconds=0": 400, "/v1/sound/loop0?seconds=x": 400, "/v1/sound/loop0/client": 409} {
		a, body := r.do(r.request("GET", path, ""))
		if a.StatusCode != want {
			t.Errorf("%s is answered with %d, want %d", path, a.StatusCode, want)
		}
		describe(t, "GET", path, a.StatusCode, []byte(body))
	}
	for _, p := range playsRamp(t, r) {
		defer p.Close(ctx)
	}
	s, err := control.New(r.Path).Sound(ctx, "loop0/client", 0.25)
	for err != nil { // until the program plays
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		s, err = control.New(r.Path).Sound(ctx, "loop0/client", 0.25)
	}
	defer s.Close()
	file, err := wav.NewReader(s)
	if err != nil {
		t.Fatal(err)
	}
	if f := file.Format(); f.Rate != 48000 || f.Channels != 2 || f.Encoding != audio.FloatLE {
		t.Errorf("the format is %v", f)
	}
	frames, last := 0, 0
	buf := make([]byte, 8*1000)
	for {
		n, err := file.ReadFrames(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			left, right := sample(buf[8*i:]), sample(buf[8*i+4:])
			if right != -left || last != 0 && left != last%rampTop+1 {
				t.Fatalf("after %d frames, %d is followed by %d and %d", frames, last, left, right)
			}
			frames, last = frames+1, left
		}
	}
	if frames != 12000 || s.Lost() != 0 {
		t.Errorf("%d frames in 0.25 s, %d lost", frames, s.Lost())
	}
}

// sample returns a float as the 16 bits that it was.
func sample(p []byte) int {
	return int(math.Float32frombits(binary.LittleEndian.Uint32(p)) * 32768)
}
