package bench

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// Validate returns a sentence about settings that cannot work.
func (b *Pairs) Validate() error {
	if err := b.Format.Validate(); err != nil {
		return err
	}
	switch {
	case b.Count < 1 || b.PerProcess < 1:
		return errors.New("there must be at least one pair, and one client per process")
	case b.Sets < 0 || b.Sets > 1e6:
		return errors.New("sets are 0 to 1000000 a second")
	case b.Upgrades < 0 || b.Upgrades > 1e6:
		return errors.New("upgrades are 0 to 1000000")
	case b.Duration <= 0:
		return errors.New("a duration must be more than 0")
	case b.Period < config.MinPeriod || b.Period > config.MaxPeriod:
		return fmt.Errorf("period %s is out of range; use %s to %s", b.Period, config.MinPeriod, config.MaxPeriod)
	case b.Buffer < 2 || time.Duration(b.Buffer)*b.Period > config.MaxBuffer:
		return fmt.Errorf("a buffer of %d periods is out of range; use 2 periods to %s", b.Buffer, config.MaxBuffer)
	}
	return b.descriptors()
}

// descriptors checks that the daemon may open a connection, a bell and memory for each end. The Go
// runtime raises the soft limit of every process to the hard one.
func (b *Pairs) descriptors() error {
	const perPair, spare = 6, 32
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil // the run will show
	}
	if need := uint64(perPair*b.Count + spare); need > limit.Max {
		return fmt.Errorf("%d pairs need %d open files in the daemon, and the limit is %d: "+
			"raise it (ulimit -Hn), or take at most %d pairs",
			b.Count, need, limit.Max, (max(limit.Max, spare)-spare)/perPair)
	}
	return nil
}
