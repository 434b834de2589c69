package hwtest_test

import (
	"fmt"
	"slices"
	"time"
)

// replugs are how long a device took to be back on its card, since the card was there again.
// It is the machine's time, which counts its instructions: nothing on this way waits for the
// host.
type replugs []time.Duration

func (r *replugs) add(d time.Duration) { *r = append(*r, d) }

// String is the shortest, the median and the longest.
func (r replugs) String() string {
	s := slices.Sorted(slices.Values(r))
	ms := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	return ms(s[0]) + "/" + ms(s[len(s)/2]) + "/" + ms(s[len(s)-1]) + " ms (least, median, most)"
}

// judge fails the case unless the card is back soon. The median counts: a host that stalls may
// lengthen one.
func (r replugs) judge(b *bench) {
	b.Helper()
	const most = 300 * time.Millisecond
	if median := slices.Sorted(slices.Values(r))[len(r)/2]; median > most {
		b.Errorf("want the card back within %v", most)
	}
}

// comesBack waits until a card is plugged in and the daemon runs on it, and returns how long the
// second of it took.
func (d *daemon) comesBack(card string) time.Duration {
	d.b.Helper()
	d.b.until("the card is there", d.b.there)
	plugged := time.Now()
	d.until("has its card back", func() bool { return d.runsOn() == card })
	return time.Since(plugged)
}
