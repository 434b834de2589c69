package node

import "context"

// take moves what is left of a frame into buf.
func (r *rest) take(buf []byte) int {
	n := copy(buf, r.bytes)
	r.bytes = r.bytes[n:]
	return n
}

// moveLocked goes on with a transfer, and returns whether that is all. If it is not, the engine will ring.
func (s *stream) moveLocked(w waiting) bool {
	s.pcm.SetNonblock(w.nonblock)
	if w.Writes {
		return s.putLocked(w)
	}
	return s.getLocked(w)
}

// framesLocked moves whole frames between buf and the ring. It returns the bytes that were moved, and whether the rest has to
// wait.
func (s *stream) framesLocked(w waiting, buf []byte) (n int, wait bool, err error) {
	move := s.pcm.Read
	if w.Writes {
		move = s.pcm.Write
	}
	s.host.slept = false
	n, err = move(context.Background(), buf) // which sleeps never: see host.Sleep
	return n * s.pcm.Format().FrameBytes(), s.host.slept, err
}

// getLocked fills the room of a read, or gives what there is when that is enough, when it must not wait, or when the stream
// ends.
func (s *stream) getLocked(w waiting) bool {
	frame := s.pcm.Format().FrameBytes()
	for {
		w.N += s.in.take(w.Data[w.N:])
		room := len(w.Data) - w.N
		if room == 0 || w.least > 0 && w.N >= w.least {
			return true
		}
		whole := room / frame
		if whole > 0 && w.least > 0 { // enough is a few frames, or what is there if that is more
			whole = min(whole, max((w.least-w.N+frame-1)/frame, s.pcm.Avail(), 1))
		}
		buf := w.Data[w.N : w.N+whole*frame]
		if whole == 0 { // one frame more, of which some is left
			buf = make([]byte, frame)
		}
		n, wait, err := s.framesLocked(w, buf)
		if whole == 0 {
			s.in.bytes = buf[:n]
		} else {
			w.N += n
		}
		switch {
		case wait:
			return false
		case err != nil || n < len(buf):
			w.Err = err
			return true
		}
	}
}

// putLocked takes the data of a write: all, or what fits when it must not wait, or what was taken when the reader went.
func (s *stream) putLocked(w waiting) bool {
	frame := s.pcm.Format().FrameBytes()
	for w.N < len(w.Data) {
		data, have := w.Data[w.N:], len(s.out.bytes)
		buf := data[:len(data)/frame*frame]
		if have > 0 || len(buf) == 0 {
			buf = append(s.out.bytes[:have:have], data[:min(frame-have, len(data))]...)
			if len(buf) < frame {
				s.out.bytes = buf
				w.N += len(buf) - have
				continue
			}
		}
		n, wait, err := s.framesLocked(w, buf)
		if have > 0 && n > 0 {
			s.out.bytes = nil
			w.N += n - have
		} else {
			w.N += n
		}
		switch {
		case wait:
			return false
		case err != nil || n < len(buf):
			w.Err = err
			return true
		}
	}
	return true
}
