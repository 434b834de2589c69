package loop_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// feedLevels makes the device record a level on each channel, in S16_LE.
func (c *card) feedLevels(levels ...int16) {
	c.clock.Feed(func(block []byte, _ uint64) {
		for i := 0; i < len(block); i += 2 {
			binary.LittleEndian.PutUint16(block[i:], uint16(levels[i/2%len(levels)]))
		}
	})
}

// listener is a client that records and takes part already.
func (c *card) listener() *pcm.PCM {
	c.Helper()
	p := c.client("mic", pcm.Read)
	if _, err := p.Poll(1); err != nil {
		c.Fatal(err)
	}
	return p
}

// take is all that there is to read.
func (c *card) take(p *pcm.PCM) []byte {
	c.Helper()
	f := p.Format()
	block := make([]byte, p.Delay()*f.FrameBytes())
	if _, err := p.Read(c.Context(), block); err != nil {
		c.Fatal(err)
	}
	return block
}

// TestD23RecordPortsAreChosenAndAddedUp, and what is recorded is what is monitored; a
// channel may be one of several record ports.
func TestD23RecordPortsAreChosenAndAddedUp(t *testing.T) {
	c := newPortCard(t, quad(), device.Ports{Record: channelsOf([]int{1, 2}, []int{4, 3}, []int{2, 2})})
	c.feedLevels(1000, 2000, 3000, 32000)
	p := c.listener()
	for _, step := range []struct{ set, want string }{
		{"record.port=microphone", "[1000 2000]"},
		{"record.port=line_in", "[32000 3000]"},
		{"record.port=cd", "[2000 2000]"},
		{"record.port=microphone+line_in", "[32767 5000]"}, // it saturates
		{"record.gain=51", "[6600 1000]"},                  // behind the gain
		{"record.port=microphone+cd", "[600 800]"},
		{"record.balance=64", "[0 800]"},
		{"record.port=line_in", "[0 600]"},
	} {
		c.set(step.set)
		c.clock.Advance(period)
		c.take(p)
		c.clock.Advance(period)
		if got := fmt.Sprint(frame(c.take(p), 2, period-1)); got != step.want {
			t.Errorf("%s: %s, want %s", step.set, got, step.want)
		}
	}
}

// TestD23RecordPortIsExact: a single port is carried to the bit in every encoding.
func TestD23RecordPortIsExact(t *testing.T) {
	for _, e := range audio.Encodings() {
		f := audio.Format{Rate: 48000, Channels: 5, Encoding: e}
		c := newPortCard(t, f, device.Ports{Record: channelsOf([]int{1, 2, 3}, []int{5, 2, 4})})
		c.clock.Feed(backendtest.NewCounter(f).Fill)
		for _, port := range []string{"microphone", "line_in"} {
			c.set("record.port=" + port)
			p := c.listener()
			c.clock.Advance(3 * period)
			got := c.take(p)
			wide := make([]byte, 10*period*f.FrameBytes())
			backendtest.NewCounter(f).Fill(wide, 0)
			var want []byte
			for i := 0; i < len(wide); i += f.FrameBytes() {
				for _, channel := range map[string][]int{"microphone": {1, 2, 3}, "line_in": {5, 2, 4}}[port] {
					want = append(want, wide[i+(channel-1)*e.Bytes():][:e.Bytes()]...)
				}
			}
			if len(got) < 2*period*3*e.Bytes() || !bytes.Contains(want, got) {
				t.Errorf("%s: %s: %d bytes, and they are others", e, port, len(got))
			}
			p.Abandon()
			c.clock.Advance(2 * period)
		}
	}
}

// TestD23ChangeOfRecordPortIsARamp over one period.
func TestD23ChangeOfRecordPortIsARamp(t *testing.T) {
	c := newPortCard(t, quad(), device.Ports{Record: twoPairs()})
	c.feedLevels(30000, 30000, -30000, -30000)
	p := c.listener()
	c.clock.Advance(2 * period)
	c.take(p)
	c.set("record.port=line_in")
	c.clock.Advance(period)
	block, before := c.take(p), 30000
	for i := range period {
		v := frame(block, 2, i)[0]
		if before-v > 60000/period+2 || v > before {
			t.Fatalf("frame %d is %d after %d", i, v, before)
		}
		before = v
	}
	if before != -30000 || !bytes.Equal(block[4*period:], constant(-30000, period)) {
		t.Errorf("the ramp ends at %d", before)
	}
}

// TestD20MonitorBetweenSidesOfDifferentWidths mixes as ITU-R BS.775 has it.
func TestD20MonitorBetweenSidesOfDifferentWidths(t *testing.T) {
	for _, test := range []struct {
		name string
		p    device.Ports
		want string
	}{
		{"4 to 2", device.Ports{Play: twoPairs()}, "[10000 5858 0 0]"}, // 0.5858 and 0.4142
		{"1 to 4", device.Ports{Record: channelsOf([]int{3})}, "[10000 10000 0 0]"},
		{"1 to 2", device.Ports{Play: channelsOf([]int{4, 1}, []int{2, 3}), Record: channelsOf([]int{3})}, "[10000 0 0 10000]"},
		{"2 to 2", device.Ports{Play: twoPairs(), Record: channelsOf([]int{3, 2})}, "[10000 10000 0 0]"},
	} {
		c := newPortCard(t, quad(), test.p)
		c.feedLevels(10000, 10000, 10000, 0)
		c.set("monitor_gain=255")
		c.clock.Advance(2 * period)
		if got := c.lastOf(4); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		c.set("monitor_gain=51", "play.port="+audio.PortHeadphone.Names(audio.Play))
		c.clock.Advance(2 * period)
		if test.name == "1 to 2" && c.lastOf(4) != "[0 2000 2000 0]" {
			t.Errorf("%s: %s through the other port", test.name, c.lastOf(4))
		}
	}
}
