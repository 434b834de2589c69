package rtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// Sizes of SRTP with AES_CM_128_HMAC_SHA1_80 (RFC 3711), in bytes.
const (
	keyBytes  = 16
	saltBytes = 14
	tagBytes  = 10
)

// cryptor is the transform of SRTP: AES in counter mode, and a tag of HMAC-SHA1. github.com/pion/srtp allocates for each packet, which
// the audio path must not, so these few lines are here; tests compare the two. It serves one goroutine.
type cryptor struct {
	block      cipher.Block
	mac        hash.Hash
	salt       [saltBytes]byte
	iv, stream [aes.BlockSize]byte
	roll       [4]byte
	sum        [sha1.Size]byte
}

// newCryptor returns one for master key and salt; nil if there are none. audio.ErrInvalid: they have another length.
func newCryptor(keys []byte) (*cryptor, error) {
	if keys == nil {
		return nil, nil
	}
	if len(keys) != session.KeyBytes {
		return nil, audio.ErrInvalid.With("keys of SRTP have %d bytes, not %d", session.KeyBytes, len(keys))
	}
	master, err := aes.NewCipher(keys[:keyBytes])
	if err != nil {
		return nil, audio.ErrInvalid.With("keys of SRTP: %v", err)
	}
	c := &cryptor{}
	const encryption, authentication, salting = 0, 1, 2 // labels of RFC 3711 part 4.3.2
	var key [keyBytes]byte
	var auth [sha1.Size]byte
	derive(master, keys[keyBytes:], encryption, key[:])
	derive(master, keys[keyBytes:], authentication, auth[:])
	derive(master, keys[keyBytes:], salting, c.salt[:])
	if c.block, err = aes.NewCipher(key[:]); err != nil {
		return nil, audio.ErrInvalid.With("keys of SRTP: %v", err)
	}
	c.mac = hmac.New(sha1.New, auth[:])
	return c, nil
}

// derive fills a key of a session: RFC 3711 part 4.3.1, with a derivation rate of 0.
func derive(master cipher.Block, salt []byte, label byte, key []byte) {
	var iv, out [aes.BlockSize]byte
	copy(iv[:], salt)
	iv[7] ^= label
	for n := 0; len(key) > 0; n++ {
		binary.BigEndian.PutUint16(iv[saltBytes:], uint16(n))
		master.Encrypt(out[:], iv[:])
		key = key[copy(key, out[:]):]
	}
}

// crypt encrypts a payload in place, or decrypts it: RFC 3711 part 4.1.1. The index is the sequence number, continued.
func (c *cryptor) crypt(payload []byte, ssrc uint32, index uint64) {
	clear(c.iv[:])
	copy(c.iv[:], c.salt[:])
	for i := range 4 {
		c.iv[4+i] ^= byte(ssrc >> (24 - 8*i))
	}
	for i := range 6 {
		c.iv[8+i] ^= byte(index >> (40 - 8*i))
	}
	for n := 0; len(payload) > 0; n++ {
		binary.BigEndian.PutUint16(c.iv[saltBytes:], uint16(n))
		c.block.Encrypt(c.stream[:], c.iv[:])
		payload = payload[subtle.XORBytes(payload, payload, c.stream[:min(len(payload), len(c.stream))]):]
	}
}

// tag returns the tag of an encrypted packet: RFC 3711 part 4.2. It is valid until the next call.
func (c *cryptor) tag(packet []byte, index uint64) []byte {
	binary.BigEndian.PutUint32(c.roll[:], uint32(index>>16))
	c.mac.Reset()
	_, _ = c.mac.Write(packet)
	_, _ = c.mac.Write(c.roll[:])
	return c.mac.Sum(c.sum[:0])[:tagBytes]
}

// secret is what a receiver knows of the indices of a sender: plain data.
type secret struct {
	Whose uint32 `json:"whose,omitempty"` // SSRC
	Found bool   `json:"found,omitempty"`
	Index uint64 `json:"index,omitempty"` // the highest
	Tried uint64 `json:"tried,omitempty"` // how often the sequence number may have wrapped: lower numbers were tried
}

// mostRolls is up to which number of wraps of the sequence number a sender is found that has run for long: a year of packets of 1 ms.
const mostRolls = 1 << 19

// open checks a packet, with header h, and decrypts it in place. tries is how many wraps of the sequence number are tried to find a
// sender that nobody knows.
func (s *secret) open(c *cryptor, d []byte, h *header, tries int) bool {
	if len(h.payload) < tagBytes {
		return false
	}
	end := len(d) - tagBytes
	index := uint64(h.seq)
	switch {
	case s.Found && s.Whose == h.ssrc:
		index = s.Index + uint64(int64(int16(h.seq-uint16(s.Index))))
		if index > 1<<48 || !c.genuine(d, end, index) {
			return false
		}
	default:
		if !c.search(s, d, end, &index, tries) {
			return false
		}
	}
	if !s.Found || s.Whose != h.ssrc || index > s.Index {
		s.Whose, s.Found, s.Index, s.Tried = h.ssrc, true, index, 0
	}
	c.crypt(d[len(d)-len(h.payload):end], h.ssrc, index)
	return h.parse(d[:end])
}

// search finds how often the sequence number of a sender has wrapped.
func (c *cryptor) search(s *secret, d []byte, end int, index *uint64, tries int) bool {
	seq := *index
	if c.genuine(d, end, seq) {
		return true
	}
	for ; tries > 0; tries-- {
		if s.Tried++; s.Tried >= mostRolls {
			s.Tried = 0
		}
		if *index = s.Tried<<16 | seq; c.genuine(d, end, *index) {
			return true
		}
	}
	return false
}

// genuine reports whether a packet has the tag of an index.
func (c *cryptor) genuine(d []byte, end int, index uint64) bool {
	return subtle.ConstantTimeCompare(c.tag(d[:end], index), d[end:]) == 1
}
