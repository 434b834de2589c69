package hwtest_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// replugs are how long a device took to be back on its card, since the card was there again.
type replugs struct {
	all     []time.Duration // in order of length
	unsound int             // more, in which the host was waited for
}

// String is the shortest, the median and the longest.
func (r *replugs) String() string {
	if len(r.all) == 0 {
		return "in an unknown time"
	}
	ms := func(i int) int64 { return r.all[i].Milliseconds() }
	text := fmt.Sprintf("%d/%d/%d ms (least, median, most)", ms(0), ms(len(r.all)/2), ms(len(r.all)-1))
	if r.unsound > 0 {
		text += fmt.Sprintf(", %d times not measured", r.unsound)
	}
	return text
}

// judge fails the case unless the card was back soon, each time.
func (r *replugs) judge(b *bench) {
	b.Helper()
	const most = 300 * time.Millisecond
	if len(r.all) == 0 {
		b.Errorf("the host was waited for in each of %d times: nothing was measured", r.unsound)
	} else if longest := r.all[len(r.all)-1]; longest > most {
		b.Errorf("want the card back within %v", most)
	}
}

// comesBack waits until a card is plugged in and the daemon runs on it, and notes how long the
// second of it took.
func (d *daemon) comesBack(card string, r *replugs) {
	d.b.Helper()
	d.b.until("the card is there", d.b.there)
	w := lab.StartWatch()
	d.until("has its card back", func() bool { return d.runsOn() == card })
	if took, sound := w.Read(); sound {
		i, _ := slices.BinarySearch(r.all, took)
		r.all = slices.Insert(r.all, i, took)
	} else {
		r.unsound++
	}
}
