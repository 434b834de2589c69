package sdp

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// clock reads ts-refclk and mediaclk (RFC 7273). Of several reference clocks the first is taken that this program knows.
func (r *reader) clock(media int, d *Description) error {
	d.Reference.Domain = -1
	for _, a := range r.attributes(media, "ts-refclk") {
		kind, value, _ := strings.Cut(a.value, "=")
		var reason string
		switch strings.ToLower(kind) {
		case "ptp":
			d.Reference, reason = ptp(value)
		case "localmac":
			d.Reference.Local = strings.ToUpper(value)
			if !isBytes(d.Reference.Local, 6) {
				reason = "the address must be as in 00-1B-44-11-3A-B7"
			}
		default:
			continue // NTP, GPS, private: a clock that is followed by what arrives
		}
		if reason != "" {
			return r.wrong(a.line, reason)
		}
		break
	}
	a, given := r.attribute(media, "mediaclk")
	word, _, _ := strings.Cut(a.value, " ")
	if offset, direct := strings.CutPrefix(word, "direct="); given && direct {
		n, err := strconv.ParseUint(offset, 10, 32)
		if err != nil {
			return r.wrong(a.line, "the offset must be 0..4294967295")
		}
		d.Offset, d.Direct = uint32(n), true
	}
	return nil
}

// ParsePTP reads a clock of PTP as ts-refclk has it behind "ptp=" (RFC 7273), such as IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0. The
// error is audio.ErrInvalid.
func ParsePTP(text string) (session.Reference, error) {
	ref, reason := ptp(text)
	if reason != "" {
		return ref, audio.ErrInvalid.With("%s", reason)
	}
	return ref, nil
}

// ptp reads IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0, whose domain may also be written domain-nmbr=0.
func ptp(value string) (session.Reference, string) {
	ref := session.Reference{Domain: -1}
	words := strings.Split(value, ":")
	if !strings.HasPrefix(words[0], "IEEE1588-") && !strings.HasPrefix(words[0], "IEEE802.1AS-") {
		return ref, "the version of PTP must be as in IEEE1588-2008"
	}
	ref.PTP = words[0]
	if len(words) == 1 {
		return ref, ""
	}
	if words[1] != "traceable" {
		words[1] = strings.ToUpper(words[1])
		if !isBytes(words[1], 8) {
			return ref, "the grandmaster must be as in 39-A7-94-FF-FE-07-CB-D0"
		}
	}
	ref.PTP += ":" + words[1]
	if len(words) > 2 {
		n, err := strconv.Atoi(strings.TrimPrefix(words[2], "domain-nmbr="))
		switch {
		case strings.HasPrefix(words[2], "domain-name="): // of the first edition of PTP
		case err != nil || n < 0 || n > 255:
			return ref, "the domain of PTP must be 0..255"
		default:
			ref.Domain = n
		}
	}
	return ref, ""
}

// isBytes reports whether s is n bytes in hexadecimal with hyphens between them.
func isBytes(s string, n int) bool {
	words := strings.Split(s, "-")
	for _, w := range words {
		if _, err := strconv.ParseUint(w, 16, 8); err != nil || len(w) != 2 {
			return false
		}
	}
	return len(words) == n
}

const suite = "AES_CM_128_HMAC_SHA1_80" // the one that this program has (RFC 4568 part 6.2)

// crypto reads the key of an encrypted stream (RFC 4568), if it is there.
func (r *reader) crypto(media int, d *Description) error {
	all := r.attributes(media, "crypto")
	if !d.Secure {
		return nil
	}
	for _, a := range all {
		words := strings.Fields(a.value)
		if len(words) < 3 || words[1] != suite {
			continue
		}
		text, inline := strings.CutPrefix(words[2], "inline:")
		text, _, _ = strings.Cut(text, "|")
		key, err := base64.StdEncoding.DecodeString(text)
		if !inline || err != nil || len(key) != session.KeyBytes {
			return r.secret(a.line, "the key must be inline: and 30 bytes in base64")
		}
		d.Keys = key
		return nil
	}
	if len(all) > 0 {
		return r.secret(all[0].line, "no key is for "+suite+", which is what this program has")
	}
	return nil
}

// secret is wrong for a line that is not shown.
func (r *reader) secret(line int, reason string) error {
	r.lines[line] = "a=crypto:…"
	return r.wrong(line, reason)
}
