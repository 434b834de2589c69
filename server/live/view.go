package live

import (
	"slices"
	"strconv"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
	"github.com/loopbridge/loopbridge/tap"
)

// view is what viewers who asked for the same are shown. The board's mutex guards it.
type view struct {
	key       string
	want      metering.Want
	every     int // turns between two texts
	turn      int
	gauges    []*gauge
	listeners []*tap.Listener
	viewers   []*Viewer
	reading   metering.Reading
	long      int // bytes of the last text
}

// Limits of what a viewer may ask for.
const (
	maxPlaces = 256
	maxEvery  = 10 * time.Second
)

// wantOf understands what is to be measured.
func wantOf(words []string) (w metering.Want, err error) {
	known := []struct {
		word string
		want metering.Want
	}{{"levels", metering.Levels}, {"true_peak", metering.TruePeak}, {"loudness", metering.Loudness}}
	w = metering.Levels
next:
	for _, word := range words {
		for _, k := range known {
			if k.word == word {
				w |= k.want
				continue next
			}
		}
		return 0, audio.ErrInvalid.With("%q cannot be measured: want levels, true_peak or loudness", word)
	}
	return w, nil
}

// everyOf converts ms between texts to turns.
func everyOf(ms int) (int, error) {
	every := time.Duration(ms) * time.Millisecond
	if ms < 0 || every > maxEvery {
		return 0, audio.ErrInvalid.With("every = %d: use ms from 1 to %d", ms, maxEvery.Milliseconds())
	}
	return max(1, int((every+Every/2)/Every)), nil
}

// newView returns a view that measures nothing yet.
func newView(m *api.LiveMeters) (*view, []tap.Place, error) {
	if len(m.Places) > maxPlaces {
		return nil, nil, audio.ErrInvalid.With("%d places are too many: watch at most %d", len(m.Places), maxPlaces)
	}
	want, err := wantOf(m.Want)
	if err != nil {
		return nil, nil, err
	}
	every, err := everyOf(m.Every)
	if err != nil {
		return nil, nil, err
	}
	v := &view{want: want, every: every, key: strconv.Itoa(int(want)) + " " + strconv.Itoa(every)}
	places := make([]tap.Place, len(m.Places))
	for i, text := range m.Places {
		if places[i], err = tap.ParsePlace(text); err != nil {
			return nil, nil, err
		}
		v.key += "\x00" + places[i].String()
	}
	return v, places, nil
}

// begin lets the view measure.
func (v *view) begin(hub *tap.Hub, places []tap.Place) {
	for _, p := range places {
		g := &gauge{want: v.want}
		v.gauges = append(v.gauges, g)
		v.listeners = append(v.listeners, hub.Listen(p, g))
	}
}

func (v *view) end() {
	for _, l := range v.listeners {
		l.Close()
	}
}

// due reports whether viewers are to get a text in this turn.
func (v *view) due() bool {
	v.turn++
	return v.turn%v.every == 0
}

// write returns the text of now, which nobody changes any more.
func (v *view) write() []byte {
	b := append(make([]byte, 0, v.long+v.long/4+64), `{"meters":[`...)
	for i, g := range v.gauges {
		if i > 0 {
			b = append(b, ',')
		}
		if !g.read(&v.reading) {
			b = append(b, "null"...)
			continue
		}
		b = appendMeter(b, &v.reading, v.want, g.rate())
	}
	b = append(b, "]}"...)
	v.long = len(b)
	return b
}

func (v *view) leave(w *Viewer) {
	v.viewers = slices.DeleteFunc(v.viewers, func(o *Viewer) bool { return o == w })
}
