package node

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/node/oss"
)

// structure answers the calls with more than a number.
func (f *dspFile) structure(op oss.Op, in, out []byte) error {
	writes := f.pcm.Direction() == pcm.Write
	switch op {
	case oss.GetOutSpace, oss.GetOutPointer, oss.CurrentOut:
		if !writes {
			return audio.ErrUnsupported
		}
	case oss.GetInSpace, oss.GetInPointer, oss.CurrentIn:
		if writes {
			return audio.ErrUnsupported
		}
	}
	switch op {
	case oss.GetOutSpace, oss.GetInSpace:
		f.space().Put(out)
	case oss.GetOutPointer, oss.GetInPointer:
		f.pointer().Put(out)
	case oss.CurrentOut, oss.CurrentIn:
		oss.PutCount(out, f.moved(), f.pcm.Delay())
	case oss.GetError:
		f.errors(writes, out)
	case oss.SystemInfo:
		oss.System{Product: "loopbridge", Version: "4", License: "MIT", Audios: len(f.dsp.list())}.Put(out)
	case oss.AudioInfo, oss.AudioInfoEx, oss.EngineInfo:
		return f.about(oss.Int(in), out)
	case oss.MixerInfo:
		if f.dsp.of == "" {
			return audio.ErrInvalid
		}
		changes, _ := f.dsp.bay.Revision()
		oss.PutMixer(out, "loopbridge", f.dsp.of, int(changes&0x7FFFFFFF))
	case oss.CardInfo:
		if oss.Int(in) != 0 {
			return audio.ErrInvalid
		}
		oss.PutCard(out, 0, "loopbridge", "loopbridge: loops between programs and devices")
	case oss.Song, oss.Label, oss.Name:
		f.names(op, in, out)
	default:
		return audio.ErrInvalid
	}
	return nil
}

// space returns what can be read or written now. Before a reader's first read a fragment pretends to be there, so that a
// program that asks first does begin.
func (f *dspFile) space() oss.Space {
	frame, fragment := f.pcm.Format().FrameBytes(), f.fragment()
	n := f.pcm.Avail()
	if f.pcm.Direction() == pcm.Read && f.pcm.State() == ring.Idle {
		n = fragment
	}
	return oss.Space{Fragments: n / fragment, Total: f.pcm.Buffer() / fragment, FragmentBytes: fragment * frame, Bytes: n * frame}
}

// moved returns the frames that the engine took or gave since the open, or a halt.
func (f *dspFile) moved() uint64 {
	at, _ := f.pcm.Cycle()
	f.mu.Lock()
	defer f.mu.Unlock()
	return at - min(f.base, at)
}

// pointer returns how far the engine is, in whole fragments.
func (f *dspFile) pointer() oss.Pointer {
	moved, fragment := f.moved(), uint64(f.fragment())
	frame := uint64(f.pcm.Format().FrameBytes())
	done := moved / fragment
	f.mu.Lock()
	defer f.mu.Unlock()
	p := oss.Pointer{Bytes: moved * frame, Blocks: int(done - min(f.told, done))}
	f.told = done
	p.Offset = int(done % max(1, uint64(f.pcm.Buffer())/fragment) * fragment * frame)
	return p
}

// errors gives the fragments that were lost since the last call.
func (f *dspFile) errors(writes bool, out []byte) {
	_, lost := f.pcm.Xruns()
	f.mu.Lock()
	defer f.mu.Unlock()
	fragment := uint64(f.fragment())
	n := int((lost - min(f.xruns, lost) + fragment - 1) / fragment)
	f.xruns = lost
	if writes {
		oss.PutErrors(out, n, 0)
		return
	}
	oss.PutErrors(out, 0, n)
}

// about gives what a device is: −1 is the one that asks.
func (f *dspFile) about(number int, out []byte) error {
	for i, a := range f.dsp.list() {
		if i == number || number == -1 && a.Node == f.dsp.node {
			a.Number = i
			a.Put(out)
			return nil
		}
	}
	return audio.ErrInvalid
}

// names sets and gives the texts of an open file. Nobody else sees them.
func (f *dspFile) names(op oss.Op, in, out []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := &f.song
	if op == oss.Label {
		text = &f.label
	}
	if len(in) > 0 && op != oss.Name {
		*text = oss.Text(in)
	}
	if len(out) > 0 {
		oss.PutText(out, *text)
	}
}
