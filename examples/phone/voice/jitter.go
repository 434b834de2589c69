package voice

// Jitter is a jitter buffer: packets come when they come, and frames leave it evenly. It places packets by their
// timestamps, so order, size and repetition of packets do not matter. The delay is fixed: what is played is about target
// frames behind the newest packet when it begins, and the buffer begins anew whenever it has run dry. What is missing is
// silence, and everything that is not as it should be is counted.
//
//	          next                 end
//	played ─────┼──── to be played ─┼── not yet here
//	            ◀────── target ─────▶
//
// One goroutine at a time may use it. Nothing blocks or allocates.
type Jitter struct {
	target int64 // frames
	counts JitterCounts

	frames [span][FrameBytes]byte // by position
	have   [span]bool

	begun   bool  // a packet has come
	playing bool  // else it collects
	dry     bool  // it collects again
	empty   bool  // nothing came since it began to collect
	next    int64 // playing: what is played next; collecting: what comes before was played
	first   int64 // collecting: the oldest frame that came since
	end     int64 // after the newest frame; its low bits are a timestamp
}

// span is how many frames a buffer can hold, 1.024 s; a timestamp farther away than half of it is another stream.
const span = 1 << 13

// JitterCounts are counts of frames, unless they say packets.
type JitterCounts struct {
	Concealed  uint64 // silence in place of what has not come
	Skipped    uint64 // left out, because too many had come
	Late       uint64 // packets that came when their time was over
	Duplicates uint64 // packets that had come before
	Restarts   uint64 // timestamps that jumped
}

// NewJitter returns a buffer with a delay in frames. It is at most a quarter of a second.
func NewJitter(target int) *Jitter {
	return &Jitter{target: int64(min(max(target, Block), Rate/4))}
}

// Counts returns what was counted since New.
func (j *Jitter) Counts() JitterCounts { return j.counts }

// Restart forgets all packets: another stream follows.
func (j *Jitter) Restart() { j.begun, j.playing, j.dry = false, false, false }

// Put takes the frames of a packet whose first one has a timestamp. More than half of the span are ignored.
func (j *Jitter) Put(stamp uint32, frames []byte) {
	n := int64(len(frames) / FrameBytes)
	if n == 0 || n > span/2 {
		return
	}
	at := j.end + int64(int32(stamp-uint32(j.end)))
	if jump := at-j.end > span/2 || j.end-at > span/2; j.begun && jump {
		j.counts.Restarts++
		j.begun = false
	}
	if !j.begun {
		at = 1<<32 + int64(stamp) // no position is negative
		j.begin(at)
	}
	switch {
	case at < j.next:
		j.counts.Late++
		return
	case at < j.end && j.have[at%span]:
		j.counts.Duplicates++
		return
	}
	for p := j.end; p < at; p++ { // not here yet: what lies there is old
		j.have[p%span] = false
	}
	for i := range n {
		j.frames[(at+i)%span] = [FrameBytes]byte(frames[FrameBytes*i:])
		j.have[(at+i)%span] = true
	}
	if j.empty || at < j.first {
		j.first, j.empty = at, false
	}
	j.end = max(j.end, at+n)
}

// begin begins a stream at a position.
func (j *Jitter) begin(at int64) {
	j.have = [span]bool{}
	j.begun, j.playing, j.dry, j.empty = true, false, false, true
	j.next, j.end = at-span/2, at // the first to come need not be the first
}

// Take fills a block with what is next.
func (j *Jitter) Take(block []byte) {
	if j.begun && !j.playing && !j.empty && j.end-j.first >= j.target {
		j.playing, j.dry = true, false
		j.skip(max(j.first, j.end-j.target, j.next))
	}
	if j.playing && j.end-j.next > 2*j.target+Block {
		j.counts.Skipped += uint64(j.end - j.target - j.next)
		j.skip(j.end - j.target)
	}
	for i := 0; i < len(block); i += FrameBytes {
		at := j.next % span
		switch {
		case j.playing && j.next < j.end && j.have[at]:
			copy(block[i:], j.frames[at][:])
			j.have[at] = false
			j.next++
			continue
		case j.playing && j.next < j.end: // lost, or still on its way
			j.next++
		case j.playing: // dry
			j.playing, j.dry, j.empty = false, true, true
		}
		clear(block[i : i+FrameBytes])
		if j.playing || j.dry {
			j.counts.Concealed++
		}
	}
}

// skip makes a later frame the next one.
func (j *Jitter) skip(to int64) {
	for j.next = max(j.next, j.end-span); j.next < to; j.next++ {
		j.have[j.next%span] = false
	}
}
