//go:build portaudio && cgo

package portaudio

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gordonklaus/portaudio"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Open opens a device with the parameters nearest to wish; Granted returns them. It converts to the
// wished encoding and channels; the rate is the device's, and the period is longer if the device moves
// more frames at once. The stream is guarded, its Wait blocks the thread, and it is a backend.Delayer.
//
// Errors: ErrNoDevice, ErrBusy, ErrInvalid for what the device cannot do, ErrIO. Each says what to do.
func (l *Library) Open(wish backend.Config, o Options) (backend.Stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.ready
	s := &stream{library: l, idle: !wish.Play && !wish.Record}
	err := s.openLocked(wish, o)
	if err != nil && known && !s.away && !errors.Is(err, audio.ErrBusy) && !errors.Is(err, audio.ErrInvalid) {
		switch { // PortAudio's list may be out of date
		case l.hangs.Load() > 0:
			err = fmt.Errorf("%w. PortAudio hangs in an earlier call, "+
				"as it does for ten minutes after the server of JACK has died", err)
		case l.streams > 0:
			err = fmt.Errorf("%w. PortAudio looks for new devices when none of its devices is in use", err)
		default:
			if err = l.rescanLocked(); err == nil {
				err = s.openLocked(wish, o)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	s.thread = newThread(o.Thread)
	l.streams++
	return backend.Guard(s), nil
}

// openLocked opens the device; the lock is the library's.
func (s *stream) openLocked(wish backend.Config, o Options) error {
	var want audio.Direction
	if wish.Play {
		want |= audio.Play
	}
	if wish.Record {
		want |= audio.Record
	}
	if err := s.library.startLocked(); err != nil {
		return err
	}
	i, err := Find(s.library.devices, o.Name, want)
	if err != nil {
		return err
	}
	d, info := s.library.devices[i], s.library.infos[i]
	card, pcm, isCard := hardware(d)
	s.name, s.host, s.card = Prefix+d.String(), d.HostAPI, ""
	if isCard {
		s.card = cardNode(card)
		now := cardNames()
		switch name, there := now[card]; {
		case !there && includes(s.library.cards, now): // the list is valid again once the card is back
			s.away = true
			return audio.ErrNoDevice.With("%s: the card is not there; it is used as soon as it is plugged in", s.name)
		case !there, name != s.library.cards[card]:
			return audio.ErrNoDevice.With("%s: it is a different card now; loopbridge devices shows what there is", s.name)
		}
	}
	if s.idle { // either direction has a clock
		if d.Play.Channels > 0 {
			want = audio.Play
		} else {
			want = audio.Record
		}
	}
	if isCard && want&audio.Play != 0 && o.Rouse != nil {
		o.Rouse(card, pcm)
	}
	var refused error
	for _, rate := range rates(wish.Format.Rate, d.Rate) {
		s.configure(wish, d, want, rate)
		refused, err = s.tryLocked(info)
		if err != nil {
			return err
		}
		if refused == nil {
			return nil
		}
		if !errors.Is(refused, portaudio.InvalidSampleRate) {
			return s.refusal(refused, d, want)
		}
	}
	return s.refusal(refused, d, want)
}

// rates returns the rates to try, best first: wish, the device's default, then common ones by distance.
func rates(wish, usual int) []int {
	others := []int{48000, 44100, 96000, 88200, 192000, 176400, 32000, 24000, 22050, 16000, 11025, 8000}
	slices.SortStableFunc(others, func(a, b int) int {
		return int(math.Abs(float64(a-wish)) - math.Abs(float64(b-wish)))
	})
	all := []int{wish}
	for _, rate := range append([]int{usual}, others...) {
		if rate >= audio.MinRate && rate <= audio.MaxRate && !slices.Contains(all, rate) {
			all = append(all, rate)
		}
	}
	return all
}

// configure sets the parameters of the stream at a rate.
func (s *stream) configure(wish backend.Config, d Device, want audio.Direction, rate int) {
	s.granted = wish
	s.granted.Format.Rate = rate
	if rate != wish.Format.Rate { // keep the duration
		s.granted.Period = int(audio.MulDiv(uint64(wish.Period), uint64(rate), uint64(wish.Format.Rate)))
	}
	s.granted.Period, s.granted.Periods = max(s.granted.Period, shortest), max(s.granted.Periods, 2)
	hardware := audio.Format{Rate: rate, Encoding: nearest(wish.Format.Encoding, d.HostAPI)}
	low := time.Duration(0)
	s.playFormat, s.recordFormat = audio.Format{}, audio.Format{}
	if want&audio.Play != 0 {
		hardware.Channels = min(wish.Format.Channels, d.Play.Channels)
		s.playFormat, low = hardware, d.Play.Low
	}
	if want&audio.Record != 0 {
		hardware.Channels = min(wish.Format.Channels, d.Record.Channels)
		s.recordFormat, low = hardware, max(low, d.Record.Low)
	}
	// A device moves no more frames at once than its lowest latency.
	if coarse := int(hardware.Frames(low)); coarse > s.granted.Period*s.granted.Periods {
		s.granted.Period = (coarse + s.granted.Periods - 1) / s.granted.Periods
	}
}

// shortest is the shortest period in frames: each period is a call from C.
const shortest = 16

// tryLocked opens the device as configured. refused is PortAudio's own error.
func (s *stream) tryLocked(info *portaudio.DeviceInfo) (refused, err error) {
	g := s.granted
	s.flow = newFlow(g.Format.Rate, g.Period, g.Periods, s.playFormat, s.recordFormat)
	p := portaudio.StreamParameters{SampleRate: float64(g.Format.Rate), FramesPerBuffer: g.Period,
		Flags: portaudio.DitherOff}
	// Make PortAudio's own buffer as long as the ring; beyond four periods it would move two at once.
	own := g.Format.Duration(int64(g.Period * min(g.Periods-1, 3)))
	if !s.playFormat.IsZero() {
		p.Output = portaudio.StreamDeviceParameters{Device: info, Channels: s.playFormat.Channels, Latency: own}
	}
	if !s.recordFormat.IsZero() {
		p.Input = portaudio.StreamDeviceParameters{Device: info, Channels: s.recordFormat.Channels, Latency: own}
	}
	var opened *portaudio.Stream
	callback := s.callback()
	err = s.library.callLocked(usual, func() {
		s.library.withPortsLocked(s.host, func() { opened, refused = portaudio.OpenStream(p, callback) })
		if refused == nil {
			known := opened.Info()
			s.playLatency.promised, s.recordLatency.promised = max(0, known.OutputLatency), max(0, known.InputLatency)
		}
	}, func() {
		if refused == nil {
			_ = opened.Close()
		}
	})
	if err != nil || refused != nil {
		return refused, err
	}
	s.stream = opened
	s.prepare()
	return nil, nil
}

// refusal explains why PortAudio does not open a device.
func (s *stream) refusal(why error, d Device, want audio.Direction) error {
	text := words(why)
	switch {
	case errors.Is(why, portaudio.DeviceUnavailable), strings.Contains(text, "busy"):
		return audio.ErrBusy.With("%s: the device is in use; "+
			"stop the program that has it, or let it play through loopbridge", s.name)
	case errors.Is(why, portaudio.InvalidSampleRate):
		return audio.ErrInvalid.With("%s: the device accepts no rate that loopbridge tried; its own is %d Hz, use rate = %d",
			s.name, d.Rate, d.Rate)
	case errors.Is(why, portaudio.InvalidChannelCount):
		return audio.ErrInvalid.With("%s: the device refuses %d channels; it has %d to play and %d to record", s.name,
			max(s.playFormat.Channels, s.recordFormat.Channels), d.Play.Channels, d.Record.Channels)
	case errors.Is(why, portaudio.SampleFormatNotSupported):
		return audio.ErrInvalid.With("%s: the device has no encoding that PortAudio knows", s.name)
	case errors.Is(why, portaudio.BadIODeviceCombination) && want == audio.Play|audio.Record:
		return audio.ErrInvalid.With("%s: the device cannot be opened to play and record at once; "+
			"attach loops to one side of it", s.name)
	}
	return audio.ErrIO.With("%s: PortAudio cannot open the device: %s", s.name, text)
}

// words returns PortAudio's reason. Many host APIs give none.
func words(err error) string {
	if text := strings.TrimSpace(err.Error()); text != "" {
		return text
	}
	return "one of its host APIs failed"
}
