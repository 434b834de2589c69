package bench

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/wire"
)

// setters sets the state of a loop repeatedly, as operators do, while its frames are counted. It
// sets the gain of the direction that the client does not use, so that no frame changes.
type setters struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup
	begun  time.Time
	count  atomic.Uint64

	mu    sync.Mutex
	times []time.Duration // from the request to the reply
	err   error
}

// operators is the number of concurrent setters; each waits for a reply before its next set.
const operators = 8

// startSetters starts at most perSecond sets a second, fewer if the daemon is slower.
func startSetters(ctx context.Context, socket string, perSecond int) *setters {
	ctx, cancel := context.WithCancel(ctx)
	s := &setters{cancel: cancel, begun: time.Now()}
	for k := range operators {
		s.wait.Go(func() { s.run(ctx, socket, k, perSecond) })
	}
	return s
}

func (s *setters) run(ctx context.Context, socket string, k, perSecond int) {
	var times []time.Duration
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err == nil {
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
	}
	for n := k; err == nil && ctx.Err() == nil; n += operators {
		if ahead := time.Until(s.begun.Add(time.Duration(n) * time.Second / time.Duration(perSecond))); ahead > 0 {
			time.Sleep(ahead)
		}
		asked := time.Now()
		if err = setGain(conn, uint32(n)); err == nil {
			times = append(times, time.Since(asked))
			s.count.Add(1)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, times...)
	if err != nil && ctx.Err() == nil {
		s.err = err
	}
}

// setGain sets a gain over the protocol of programs, as an ALSA mixer does.
func setGain(conn *net.UnixConn, n uint32) error {
	r := wire.Request{Header: wire.Header{Op: wire.OpSet, Seq: n}, Device: wire.Device{Fields: 1 << state.RecordGain}}
	wire.Put(r.Device.Name[:], loopName(0))
	r.Device.Values[state.RecordGain] = n % 256
	if _, err := conn.Write(wire.EncodeRequest(&r)); err != nil {
		return err
	}
	packet := make([]byte, wire.MessageBytes)
	if _, err := conn.Read(packet); err != nil {
		return err
	}
	reply, err := wire.DecodeReply(packet)
	if err == nil && (reply.Errno != 0 || reply.Seq != n) {
		err = fmt.Errorf("set %d was answered to %d with errno %d", n, reply.Seq, reply.Errno)
	}
	return err
}

// SetsReport is the result of the sets.
type SetsReport struct {
	Sets      uint64  `json:"sets"`
	PerSecond float64 `json:"sets_per_s"`
	P50       float64 `json:"set_ms_p50"` // from the request to the reply, when it is in effect
	P99       float64 `json:"set_ms_p99"`
}

// end stops the setters.
func (s *setters) end() (*SetsReport, error) {
	seconds := time.Since(s.begun).Seconds()
	s.cancel()
	s.wait.Wait()
	slices.Sort(s.times)
	r := &SetsReport{Sets: s.count.Load(), PerSecond: float64(s.count.Load()) / seconds}
	if n := len(s.times); n > 0 {
		r.P50, r.P99 = s.times[n/2].Seconds()*1000, s.times[n*99/100].Seconds()*1000
	}
	return r, s.err
}
