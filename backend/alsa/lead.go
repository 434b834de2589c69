package alsa

// Parts of a second: by how much longer the buffer of play is where there are two, and how
// long they are tried.
const (
	headstart = 16
	settling  = 8
)

// try runs both directions with silence, to see by how much play runs ahead of record: a
// card may take what is played early, in packets or into a memory of its own, and bring what
// is recorded later. Kept fuller by that, play has as much time to be served as it has
// alone. A card that does not run now, such as one without a signal, is not tried.
func (s *stream) try() {
	s.trial = true
	room := make([]byte, s.granted.Period*s.record.frame)
	err := s.Start()
	for again := 0; err == nil && s.rel < uint64(s.granted.Format.Rate/settling) && again < 1000; again++ {
		if _, err = s.Wait(); err != nil {
			break
		}
		if err = s.drop(room); err == nil {
			err = s.silence(s.unwritten())
		}
	}
	s.trial = false
	s.lead = min(s.lead, s.play.buffer-s.fill)
	if err != nil {
		s.lead = 0
	}
	_ = s.Stop() // of what is broken Start says it
	s.base, s.rel, s.starts = 0, 0, 0
}
