package rtp

import (
	"bytes"
	"testing"

	"github.com/pion/srtp/v3"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

func testKeys() []byte {
	keys := make([]byte, session.KeyBytes)
	for i := range keys {
		keys[i] = byte(7 * i)
	}
	return keys
}

// TestCryptor compares packets with those of github.com/pion/srtp, over a wrap of the sequence number.
func TestCryptor(t *testing.T) {
	keys := testKeys()
	c, err := newCryptor(keys)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := srtp.CreateContext(keys[:keyBytes], keys[keyBytes:], srtp.ProtectionProfileAes128CmHmacSha1_80)
	if err != nil {
		t.Fatal(err)
	}
	var s secret
	for i := range 40 {
		index := uint64(65516 + i)
		plain := make([]byte, headerBytes+1+7*i)
		h := header{kind: 98, seq: uint16(index), stamp: uint32(48 * i), ssrc: 0xdeadbeef}
		h.put(plain)
		for k := range plain[headerBytes:] {
			plain[headerBytes+k] = byte(i + k)
		}
		want, err := theirs.EncryptRTP(nil, plain, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := bytes.Clone(plain)
		c.crypt(got[headerBytes:], h.ssrc, index)
		got = append(got, c.tag(got, index)...)
		if !bytes.Equal(got, want) {
			t.Fatalf("packet %d is % x, and with the other library % x", i, got, want)
		}
		if broken := bytes.Clone(got); true {
			broken[len(broken)-tagBytes-1] ^= 1
			if h.parse(broken); s.open(c, broken, &h, 0) {
				t.Fatal("a packet that was changed on the way is taken")
			}
		}
		if h.parse(got); !s.open(c, got, &h, 0) || !bytes.Equal(h.payload, plain[headerBytes:]) {
			t.Fatalf("packet %d does not open", i)
		}
	}
	var room [300]byte
	if allocs := testing.AllocsPerRun(100, func() {
		packet := room[:]
		c.crypt(packet, 7, 9)
		_ = c.tag(packet, 9)
	}); allocs > 0 {
		t.Errorf("a packet makes %v allocations", allocs)
	}
}
