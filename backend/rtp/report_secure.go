package rtp

import (
	"github.com/pion/srtp/v3"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// sealing encrypts the reports of one connection, if its stream is encrypted: SRTCP of RFC 3711.
type sealing struct {
	out, in *srtp.Context // of what is sent and what comes; nil: neither is encrypted
	own     uint32
}

// newSealing returns that of a stream. Its keys are known to be right.
func newSealing(s *session.Stream, own uint32) (e sealing) {
	if s.Keys == nil {
		return e
	}
	context := func() *srtp.Context {
		c, err := srtp.CreateContext(s.Keys[:keyBytes], s.Keys[keyBytes:], srtp.ProtectionProfileAes128CmHmacSha1_80)
		if err != nil {
			return nil
		}
		return c
	}
	return sealing{context(), context(), own}
}

// seal encrypts a report at a time. Reports have numbers that must not come again, not after an upgrade of this program either: they are
// not below the seconds that the machine has run, and reports are further apart.
func (e *sealing) seal(text []byte, now int64) ([]byte, error) {
	if e.out == nil {
		return text, nil
	}
	second := uint32(now / 1e9)
	if at, _ := e.out.Index(e.own); at < second {
		e.out.SetIndex(e.own, second)
	}
	return e.out.EncryptRTCP(nil, text, nil)
}

// open decrypts what has come. Not ok: it is not from somebody who has the keys.
func (e *sealing) open(text []byte) (plain []byte, ok bool) {
	if e.in == nil {
		return text, true
	}
	plain, err := e.in.DecryptRTCP(nil, text, nil)
	return plain, err == nil
}
