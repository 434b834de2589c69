package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/wire"
)

func seeds(f *testing.F) {
	for op := range wire.Op(14) {
		f.Add(wire.EncodeRequest(&wire.Request{Header: wire.Header{Op: op, Seq: 1}}))
		f.Add(wire.EncodeReply(&wire.Reply{Header: wire.Header{Op: op, Seq: 1, Errno: uint32(op & 1), Last: 1}}))
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, wire.MessageBytes))
	f.Add(make([]byte, wire.MessageBytes+1))
}

// FuzzDecodeRequest: any bytes are either ErrProtocol or a request that encodes to a
// packet which decodes to the same request again.
func FuzzDecodeRequest(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := wire.DecodeRequest(packet)
		if err != nil {
			if !errors.Is(err, audio.ErrProtocol) {
				t.Fatal(err)
			}
			return
		}
		again, err := wire.DecodeRequest(wire.EncodeRequest(&r))
		if err != nil || again != r {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
		if r.Op == wire.OpOpen {
			o := r.Open.Options()
			if o.Period < 0 || o.Buffer < 0 || o.Wait < -1 || o.Format.Rate < 0 || o.Format.Channels < 0 {
				t.Fatalf("options out of range: %+v", o)
			}
		}
	})
}

// FuzzDecodeReply is the same for a program.
func FuzzDecodeReply(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := wire.DecodeReply(packet)
		if err != nil {
			if !errors.Is(err, audio.ErrProtocol) {
				t.Fatal(err)
			}
			return
		}
		again, err := wire.DecodeReply(wire.EncodeReply(&r))
		if err != nil || again != r {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
	})
}
