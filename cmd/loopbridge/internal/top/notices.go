package top

// noticeLines returns how many lines alarms and recorders want, of at most so many.
func (m *Model) noticeLines(most int) int { return 0 }

func (m *Model) drawNotices(c *Canvas, r rect) {}
