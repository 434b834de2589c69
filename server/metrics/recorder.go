package metrics

import "github.com/loopbridge/loopbridge/record"

func addRecorders(p *page, recorders []*record.Recorder) {
	state := p.gauge("recorder_state", "1 for the state that the recorder is in: stopped, armed, recording, waiting or failing. The other states have no sample.")
	failing := p.gauge("recorder_failing", "1 if the disk does not take what is heard.")
	frames := p.counter("recorder_frames_total", "Frames that were written.")
	size := p.counter("recorder_bytes_total", "Bytes of all segments.")
	segments := p.counter("recorder_segments_total", "Segments that were begun.")
	removed := p.counter("recorder_removed_segments_total", "Segments that were removed, as they were too old or too many.")
	gaps := p.counter("recorder_gaps_total", "Times that frames were lost.")
	missing := p.counter("recorder_missing_frames_total", "Frames that were lost.")
	queued := p.gauge("recorder_queue_ratio", "How full the queue before the disk is, pre-roll included, 0 to 1; frames are lost at 1.")
	free := p.gauge("recorder_free_bytes", "Bytes for files on the disk of the recorder. Missing while it is not known.")
	lasts := p.gauge("recorder_full_seconds", "Until the disk is full, if nobody else writes. Missing while it is not known.")
	for _, r := range recorders {
		s := r.Status()
		of := label("recorder", s.Name)
		state.add(1, of.with("state", string(s.State)))
		failing.flag(s.State == record.Failing, of)
		frames.count(s.Frames, of)
		size.count(s.Bytes, of)
		segments.count(s.Segments, of)
		removed.count(s.Removed, of)
		gaps.count(s.Gaps, of)
		missing.count(s.Missing, of)
		if s.Room > 0 {
			queued.add(float64(s.Waits)/float64(s.Room), of)
		}
		if s.Free > 0 {
			free.count(s.Free, of)
		}
		if s.Lasts > 0 {
			lasts.add(s.Lasts.Seconds(), of)
		}
	}
}
