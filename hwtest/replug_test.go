package hwtest_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// replugs are how long a device took to be back on its card, since the card was there again, in
// order of length. Where the host was waited for meanwhile that is too long, never too short.
type replugs struct {
	all  []time.Duration
	slow int // longer ones than there should be, in which the host was waited for
}

const soonBack = 300 * time.Millisecond

// String is the shortest, the median and the longest.
func (r *replugs) String() string {
	ms := func(i int) int64 { return r.all[i].Milliseconds() }
	text := fmt.Sprintf("%d/%d/%d ms (least, median, most)", ms(0), ms(len(r.all)/2), ms(len(r.all)-1))
	if r.slow > 0 {
		text += fmt.Sprintf(", %d times waiting for the host", r.slow)
	}
	return text
}

// judge fails the case unless the card was back soon, each time.
func (r *replugs) judge(b *bench) {
	b.Helper()
	soon, _ := slices.BinarySearch(r.all, soonBack)
	if late := len(r.all) - soon; late > r.slow || soon <= len(r.all)/2 {
		b.Errorf("want the card back within %v", soonBack)
	}
}

// comesBack waits until a card is plugged in and the daemon runs on it, and notes how long the
// second of it took.
func (d *daemon) comesBack(card string, r *replugs) {
	d.b.Helper()
	d.b.until("the card is there", d.b.there)
	w := lab.StartWatch()
	d.until("has its card back", func() bool { return d.runsOn() == card })
	took, sound := w.Read()
	i, _ := slices.BinarySearch(r.all, took)
	r.all = slices.Insert(r.all, i, took)
	if !sound && took > soonBack {
		r.slow++
	}
}
