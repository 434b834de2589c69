package rtp

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

// FuzzHeader compares the reading of headers with that of github.com/pion/rtp, which is stricter with the contents of extensions
// and of padding.
func FuzzHeader(f *testing.F) {
	f.Add([]byte{0x80, 98, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3})
	f.Add([]byte{0xb1, 0xe2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 1, 2, 0, 2})
	f.Fuzz(func(t *testing.T, d []byte) {
		var h header
		ok := h.parse(d)
		var p rtp.Packet
		err := p.Unmarshal(d)
		if err != nil {
			return
		}
		if p.Version != 2 {
			if ok {
				t.Fatal("another version is taken for 2")
			}
			return
		}
		if !ok || h.seq != p.SequenceNumber || h.stamp != p.Timestamp || h.ssrc != p.SSRC || h.kind != p.PayloadType ||
			h.marker != p.Marker || !bytes.Equal(h.payload, p.Payload) {
			t.Fatalf("%v %+v of %+v", ok, h, p)
		}
	})
}
