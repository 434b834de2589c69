package rtp

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// TestOutward: what a path says about routers is what the kernel has.
func TestOutward(t *testing.T) {
	for _, c := range []struct {
		to                         string
		level, class, hops, device int
	}{
		{"239.255.69.1:5004", unix.IPPROTO_IP, unix.IP_TOS, unix.IP_MULTICAST_TTL, unix.IP_MULTICAST_IF},
		{"[ff15::69]:5004", unix.IPPROTO_IPV6, unix.IPV6_TCLASS, unix.IPV6_MULTICAST_HOPS, unix.IPV6_MULTICAST_IF},
	} {
		for _, ttl := range []int{0, 5} {
			fd, err := openSender(session.Path{To: netip.MustParseAddrPort(c.to), Device: "lo", TTL: ttl, DSCP: 34})
			if err != nil {
				if c.level == unix.IPPROTO_IP {
					t.Fatal(err)
				}
				t.Log("the loopback interface has no groups of IPv6:", err)
				break
			}
			class, err := unix.GetsockoptInt(fd, c.level, c.class)
			if err != nil || class != 34<<2 {
				t.Errorf("%s: class %d, %v", c.to, class, err)
			}
			want := ttl
			if ttl == 0 {
				want = 32
			}
			if hops, err := unix.GetsockoptInt(fd, c.level, c.hops); err != nil || hops != want {
				t.Errorf("%s: %d hops, not %d, %v", c.to, hops, want, err)
			}
			_ = unix.Close(fd)
		}
	}
}

// TestJoin: a socket hears what is sent to its group on its interface.
func TestJoin(t *testing.T) {
	// the loopback interface has no groups of IPv6
	const to = "239.255.69.2:0"
	p := session.Path{To: netip.MustParseAddrPort(to), Device: "lo"}
	in, err := openReceiver(p, false)
	if err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(in)
	if err != nil {
		t.Fatal(err)
	}
	p.To = netip.AddrPortFrom(p.To.Addr(), addrPort(at).Port())
	out, err := openSender(p)
	if err != nil {
		t.Fatal(err)
	}
	if sent := new(outbox).send(out, [][]byte{[]byte("hello")}); sent != 1 {
		t.Errorf("%s: %d were sent", to, sent)
	} else {
		batch := make([]Datagram, 1)
		box := newInbox(1536)
		take(t, box, in, batch)
		if string(batch[0].Data) != "hello" {
			t.Errorf("%s: %q came", to, batch[0].Data)
		}
	}
	_, _ = unix.Close(in), unix.Close(out)
}
