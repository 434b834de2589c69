package line

// Finding is what the cycle found out about a line, as bits for the reporter; 0: nothing.
type Finding uint32

// The findings.
const (
	FoundEnd        Finding = 1 << iota // the writer closed, and all is delivered
	FoundUnderrun                       // the writer's sticky flag went up
	FoundOverrun                        // the reader's sticky flag went up
	FoundDrain                          // a drain's position was reached
	FoundMark                           // an eof mark was reached
	FoundBadWriter                      // the writer's position is impossible
	FoundBadReader                      // the reader's position is impossible
	FoundDeadDevice                     // the device failed
	FoundDeviceXrun                     // the device's sticky flag went up
	FoundTooLate                        // the group's stream had ended before a member joined
)

// Passing holds the findings that do not end the session.
const Passing = FoundUnderrun | FoundOverrun | FoundDeviceXrun | FoundDrain | FoundMark

// Owner receives what was found about a line, on the reporter's goroutine.
type Owner interface{ Found(Finding) }

// found adds findings, and reports the line unless it is already waiting for the reporter.
func (ln *Line) found(what Finding) {
	if what != 0 && ln.findings.Or(uint32(what)) == 0 {
		ln.set.report(ln)
	}
}

// report pushes a line on the reporter's list, without a lock. Only found calls it, which keeps a
// line from being on the list twice.
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

// Report tells owners what was found about their lines, until EndReports. It blocks, and runs on a
// goroutine of its own, the reporter.
func (s *Set) Report() {
	for range s.kick {
		for ln := s.reports.Swap(nil); ln != nil; {
			next := ln.reported // first: once the findings are taken, ln may be pushed again
			s.tell(ln)
			ln = next
		}
	}
}

// tell tells the owner of a line what was found about it.
func (s *Set) tell(ln *Line) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if found := Finding(ln.findings.Swap(0)); found != 0 {
		ln.owner.Found(found)
	}
}

// EndReports ends Report. No line may find anything after it.
func (s *Set) EndReports() { close(s.kick) }

// HoldReports keeps the reporter from telling findings until release is called: they stay on their lines. It waits for one
// that is being told. Not for the engine's goroutine, which must still run.
func (s *Set) HoldReports() (release func()) {
	s.telling.Lock()
	return s.telling.Unlock
}
