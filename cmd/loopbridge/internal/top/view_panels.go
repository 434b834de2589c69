package top

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// time returns a time of day.
func (m *Model) time(t time.Time) string {
	if m.Zone != nil {
		t = t.In(m.Zone)
	}
	return t.Format("15:04:05")
}

// drawDetail says all about the strip that is chosen.
func (m *Model) drawDetail(c *Canvas, r rect) {
	t := m.current()
	if t == nil || r.lines < 2 {
		return
	}
	title := t.name
	if t.format != "" {
		title += ", " + t.format
	}
	c.rule(r, title)
	r.y, r.lines = r.y+1, r.lines-1
	k := m.meters[t.place]
	if k == nil {
		k = &meter{}
	}
	n := min(len(k.channels), max(1, r.lines-2))
	for i := range n {
		if i == n-1 && n < len(k.channels) { // the rest in one line
			label := fmt.Sprintf("%d to %d ", i+1, len(k.channels))
			c.Put(r.x, r.y+i, r.columns, label, Faint)
			c.bars(r.x+len(label), r.y+i, r.columns-len(label), k.channels[i:])
			break
		}
		m.drawChannel(c, rect{r.x, r.y + i, r.columns, 1}, t.channel(i), &k.channels[i])
	}
	r.y, r.lines = r.y+n, r.lines-n
	if n > 0 && r.lines > 4 {
		c.scale(r.x+channelColumns, r.y, r.columns-m.figures(r.columns)-channelColumns-2)
		r.y, r.lines = r.y+1, r.lines-1
	}
	c.flow(r, append(k.words(m.loudness), t.words(c)...))
}

// figures returns how many columns those of a channel take.
func (m *Model) figures(columns int) int {
	if m.loudness && columns >= 70 {
		return 48
	}
	return 35
}

// channelColumns is what the name of a channel takes, with a space.
const channelColumns = 4

// channel names a channel by its position, or its number.
func (t *strip) channel(i int) string {
	if t.where.Known() && i < len(t.where) && t.where[i] != 0 {
		return t.where[i].String()
	}
	return fmt.Sprint(i + 1)
}

// drawChannel draws a channel with its figures.
func (m *Model) drawChannel(c *Canvas, r rect, name string, l *level) {
	figures := fmt.Sprintf("peak %6s  rms %6s  max %6s", orSilence(l.peak), orSilence(l.rms), orSilence(l.most))
	if m.figures(r.columns) > len(figures) {
		figures += fmt.Sprintf("  true %6s", orSilence(l.truePeak))
	}
	c.Right(r.x, r.y, channelColumns-1, name, Faint)
	c.bar(r.x+channelColumns, r.y, r.columns-len(figures)-channelColumns-2, l)
	c.Right(r.x, r.y, r.columns, figures, styleOfFigure(l.most))
}

// orSilence returns dB; "-inf": silence.
func orSilence(dB float64) string {
	if text := levelText(dB); text != "" {
		return text
	}
	return "-inf"
}

// words says what else is measured.
func (m *meter) words(loudness bool) (all []string) {
	if !m.heard {
		return nil
	}
	if loudness {
		text := "loudness M " + hundredths(m.last.Momentary, "-inf") + ", S " + hundredths(m.last.ShortTerm, "-inf") +
			", I " + hundredths(m.last.Integrated, "-inf") + " LUFS"
		if m.last.Range != nil {
			text += ", range " + hundredths(m.last.Range, "") + " LU"
		}
		all = append(all, text)
	}
	if m.clipped > 0 {
		all = append(all, plural(int(m.clipped), "sample")+" clipped")
	}
	for i, x := range m.last.Correlation {
		if x != nil && i < 2 {
			all = append(all, fmt.Sprintf("correlation %d/%d %+.2f", 2*i+1, 2*i+2, float64(*x)/100))
		}
	}
	for i, x := range m.dc {
		if math.Abs(x) > 5000 { // half a percent of full scale
			all = append(all, fmt.Sprintf("DC of %d %+.1f %%", i+1, x/1e4))
		}
	}
	if q := time.Duration(m.last.Silence) * time.Millisecond; q >= 3*time.Second {
		all = append(all, "silent for "+spanText(q))
	}
	return all
}

// mostHeld is how many programs are named.
const mostHeld = 6

// words says all else that is known of a strip.
func (t *strip) words(c *Canvas) (all []string) {
	all = append(all, t.state)
	switch {
	case t.kind == ofRoute:
		all = append(all, c.arrows(t.holder))
	case len(t.held) > mostHeld+1:
		all = append(append(all, t.held[:mostHeld]...), fmt.Sprintf("and %d more", len(t.held)-mostHeld))
	default:
		all = append(all, t.held...)
	}
	if t.known {
		text := "gain " + gainText(t.gain)
		if t.gain > 0 {
			text += " dB"
		}
		if t.mute {
			text += ", muted"
		}
		if b := balanceText(t.balance); b != "" {
			text += ", balance " + b
		}
		all = append(all, text)
	}
	if t.ports != 0 {
		all = append(all, "port "+t.port.Names(t.side)+" of "+t.ports.Names(t.side))
	}
	all = append(all, plural(int(t.xruns), "xrun"))
	if t.ppm != nil {
		all = append(all, ppmText(t.ppm)+" ppm")
	}
	if t.late != nil {
		all = append(all, "wakes up at most "+msOf(t.late)+" late")
	}
	if t.latency != nil {
		all = append(all, "delay "+msOf(t.latency))
	}
	return append(all, strings.Split(t.detail, ", ")...)
}

// drawLog shows the latest events, the newest below.
func (m *Model) drawLog(c *Canvas, r rect) {
	if r.lines < 2 {
		return
	}
	c.rule(r, "events")
	if len(m.events) == 0 {
		c.Put(r.x, r.y+1, r.columns, "nothing has happened yet", Faint)
	}
	shown := m.events[max(0, len(m.events)-(r.lines-1)):]
	for i, e := range shown {
		n := c.Put(r.x, r.y+1+i, r.columns, m.time(e.at)+" ", Faint)
		c.Put(r.x+n, r.y+1+i, r.columns-n, e.text, Plain)
	}
}
