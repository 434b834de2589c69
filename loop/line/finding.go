package line

// Finding is what the cycle found out about a line, for the reporter; 0 is nothing.
type Finding uint32

// The findings.
const (
	FoundEnd        Finding = 1 << iota // the writer has gone, and all is delivered
	FoundUnderrun                       // the writer's sticky flag went up
	FoundOverrun                        // the reader's sticky flag went up
	FoundDrain                          // a drain's position was reached
	FoundMark                           // an eof mark was reached
	FoundBadWriter                      // it lies about its position
	FoundBadReader                      //
	FoundDeadDevice                     // the clock is gone
	FoundDeviceXrun                     // the device's sticky flag went up
	FoundTooLate                        // a member of a group whose stream has ended
)

// Passing are those that the session survives.
const Passing = FoundUnderrun | FoundOverrun | FoundDeviceXrun | FoundDrain | FoundMark

// Owner is told what was found about a line, on the reporter's goroutine.
type Owner interface{ Found(Finding) }

// found reports something, once until the reporter has seen it.
func (ln *Line) found(what Finding) {
	if what != 0 && ln.findings.Or(uint32(what)) == 0 {
		ln.set.report(ln)
	}
}

// report pushes a line on the list for the reporter. Only for found, which keeps a line from
// being on the list twice.
func (s *Set) report(ln *Line) {
	for {
		head := s.reports.Load()
		ln.reported = head
		if s.reports.CompareAndSwap(head, ln) {
			break
		}
	}
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Report tells owners what was found about their lines, until EndReports. It is for a goroutine
// of its own, the reporter.
func (s *Set) Report() {
	for range s.kick {
		for ln := s.reports.Swap(nil); ln != nil; {
			next := ln.reported // before the findings are taken: then ln may be pushed again
			if found := Finding(ln.findings.Swap(0)); found != 0 {
				ln.owner.Found(found)
			}
			ln = next
		}
	}
}

// EndReports ends Report. Nothing is to be found any more.
func (s *Set) EndReports() { close(s.kick) }
