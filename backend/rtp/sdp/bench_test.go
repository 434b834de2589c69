package sdp_test

import (
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
)

// What the worst description costs that fits into an announcement: anybody may send them.
func BenchmarkWorst(b *testing.B) {
	head := "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nt=0 0\r\n"
	fill := func(text, line string) string { return text + strings.Repeat(line, (8000-len(text))/len(line)) }
	for name, text := range map[string]string{
		"media":      fill(fill(head, "a=b\r\n")[:4000]+"\r\n", "m=audio 1 RTP/AVP 1\r\n"),
		"groups":     fill(head, "a=group:DUP 1 2\r\n")[:7000] + "\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP4 10.0.0.1\r\na=mid:1\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP4 10.0.0.1\r\na=mid:2\r\n",
		"formats":    fill(head+"m=audio 1 RTP/AVP"+strings.Repeat(" 99", 120)+"\r\n", "a=rtpmap:1 x\r\n"),
		"attributes": fill(head+"m=audio 1 RTP/AVP 0\r\nc=IN IP4 10.0.0.1\r\n", "a=ts-refclk:x\r\n"),
		"syntax":     fill(head, "a=b\r\n") + "x=1\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = sdp.ParseAnnounced([]byte(text))
			}
		})
	}
}
