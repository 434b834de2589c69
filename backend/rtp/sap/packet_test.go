package sap

import (
	"bytes"
	"compress/zlib"
	"net/netip"
	"strings"
	"testing"
)

const text = "v=0\r\no=- 1 0 IN IP4 192.0.2.1\r\ns=desk\r\nt=0 0\r\nm=audio 5004 RTP/AVP 98\r\nc=IN IP4 239.69.1.1/32\r\na=rtpmap:98 L24/48000/2\r\n"

func deflated(s string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

// Bytes are those of RFC 2974 part 3.
func TestPacketBytes(t *testing.T) {
	p := packet{hash: 0x1234, source: netip.MustParseAddr("192.0.2.1"), text: []byte("v=0")}
	if got, want := p.encode(), "\x20\x00\x12\x34\xc0\x00\x02\x01application/sdp\x00v=0"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.deletes, p.source = true, netip.MustParseAddr("2001:db8::1")
	if got, want := p.encode(), "\x34\x00\x12\x34\x20\x01\x0d\xb8"; !strings.HasPrefix(string(got), want) {
		t.Errorf("%q, want %q…", got, want)
	}
}

func TestDecode(t *testing.T) {
	head := "\x20\x00\x12\x34\xc0\x00\x02\x01"
	for bytes, want := range map[string]string{
		head + "application/sdp\x00" + text: text,
		head + text:                         text, // SAP of before RFC 2974
		"\x20\x02\x12\x34\xc0\x00\x02\x01" + "12345678" + text:              text, // with authentication, which is not checked
		"\x30\x00\x12\x34" + strings.Repeat("\x20", 16) + text:              text,
		"\x21\x00\x12\x34\xc0\x00\x02\x01" + string(deflated(text)):         text,
		"\x24\x00\x12\x34\xc0\x00\x02\x01" + "o=- 1 0 IN IP4 192.0.2.1\r\n": "o=- 1 0 IN IP4 192.0.2.1\r\n",
		"":                                    "!no announcement",
		"\x40\x00\x12\x34\xc0\x00\x02\x01":    "!no announcement",
		head[:6]:                              "!cut off",
		"\x20\xff\x12\x34\xc0\x00\x02\x01abc": "!cut off",
		head + "text/plain\x00hello":          "!announces no SDP",
		head + "hello":                        "!announces no SDP",
		"\x22\x00\x12\x34\xc0\x00\x02\x01" + text:                                                       "!encrypted",
		"\x21\x00\x12\x34\xc0\x00\x02\x01" + text:                                                       "!not compressed",
		"\x21\x00\x12\x34\xc0\x00\x02\x01" + string(deflated(text))[:30]:                                "!not compressed",
		"\x21\x00\x12\x34\xc0\x00\x02\x01" + string(deflated("v=0"+strings.Repeat("\x00", 10_000_000))): "!more than 8192 bytes",
	} {
		p, err := decode([]byte(bytes))
		if reason, refused := strings.CutPrefix(want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%.40q: %v, want %s", bytes, err, reason)
			}
		} else if err != nil || string(p.text) != want || p.hash != 0x1234 {
			t.Errorf("%.40q: %+v, %v", bytes, p, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	p := packet{hash: 1, source: netip.MustParseAddr("192.0.2.1"), text: []byte(text)}
	f.Add(p.encode())
	f.Add(append([]byte("\x21\x00\x12\x34\xc0\x00\x02\x01"), deflated(text)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(b)
		if err != nil {
			return
		}
		if len(p.text) > max(maxPacket, len(b)) {
			t.Errorf("%d bytes became %d", len(b), len(p.text))
		}
		again, err := decode(p.encode())
		if err == nil && (again.hash != p.hash || again.source.Unmap() != p.source.Unmap()) {
			t.Errorf("%+v became %+v", p, again)
		}
	})
}
