package rtp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// TestReports: two ends learn of each other what was lost, and how long the way is, from nothing but their reports.
func TestReports(t *testing.T) {
	const ms = int64(time.Millisecond)
	sender := netip.MustParseAddrPort("192.0.2.1:5004")
	a := &reports{counts: new(counts), rate: 48000, own: 7, sends: true}
	b := &reports{counts: new(counts), rate: 48000, own: 9}
	a.counts.sent.Store(1000)
	a.counts.octets.Store(288000)
	a.counts.clock.store(5000, 1000*ms)
	b.counts.ssrc.Store(7)
	b.counts.sender.Store(&sender)
	b.counts.highest.Store(1<<20 + 100)
	b.counts.jitter.Store(2 * ms)

	exchange := func(now int64) rtcp.ReceptionReport {
		text, err := a.compose(now, false)
		if err != nil {
			t.Fatal(err)
		}
		if b.digest(text, sender, now+2*ms) {
			t.Error("a report is taken for a goodbye")
		}
		text, err = b.compose(now+10*ms, false)
		if err != nil {
			t.Fatal(err)
		}
		a.digest(text, netip.MustParseAddrPort("192.0.2.2:5005"), now+13*ms)
		all, err := rtcp.Unmarshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return all[0].(*rtcp.ReceiverReport).Reports[0]
	}
	exchange(1010 * ms)
	b.counts.highest.Add(100)
	b.counts.lost.Store(25)
	r := exchange(2010 * ms)
	if r.FractionLost != 64 || r.TotalLost != 25 || r.Jitter != 96 || r.LastSequenceNumber != 1<<20+200 {
		t.Errorf("25 of 100 packets were lost, with 2 ms of jitter, and the report has %+v", r)
	}
	if far, trip := a.counts.farLost.Load(), a.counts.roundTrip.Load(); far != 25 || trip < 5*ms-ms/10 || trip > 5*ms+ms/10 {
		t.Errorf("25 were lost on a way of 5 ms; the sender knows of %d, and %d ns", far, trip)
	}
	text, err := a.compose(3010*ms, true)
	if err != nil {
		t.Fatal(err)
	}
	all, err := rtcp.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if sr := all[0].(*rtcp.SenderReport); sr.RTPTime != 5000+2010*48 || sr.PacketCount != 1000 || sr.OctetCount != 288000 {
		t.Errorf("2.01 s after timestamp 5000 the report has %+v", sr)
	}
	if b.digest(text, netip.MustParseAddrPort("192.0.2.66:5005"), 3020*ms) {
		t.Error("a stranger says goodbye for the sender")
	}
	if !b.digest(text, sender, 3020*ms) {
		t.Error("a goodbye is not understood")
	}
}

// FuzzReports: what comes to the port of reports does no harm.
func FuzzReports(f *testing.F) {
	a := &reports{counts: new(counts), rate: 48000, own: 7, sends: true}
	text, err := a.compose(1e9, true)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, d []byte) {
		a.digest(d, netip.MustParseAddrPort("192.0.2.66:5005"), 2e9)
		if _, err := a.compose(3e9, false); err != nil {
			t.Error(err)
		}
	})
}
