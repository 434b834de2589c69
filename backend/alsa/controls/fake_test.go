package controls

import (
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// fakeCard is Elements in memory.
type fakeCard struct {
	mu     sync.Mutex
	list   []Element
	values map[ID][]int64
	writes []ID
	refuse ID // writes of it fail
	events chan Event
	stop   chan struct{}
	closed sync.Once
	gone   bool
}

func newFakeCard(list []Element) *fakeCard {
	f := &fakeCard{list: list, values: map[ID][]int64{}, events: make(chan Event, 100_000), stop: make(chan struct{})}
	setScales(f.list)
	for _, e := range f.list {
		f.values[e.ID] = e.all(e.Min)
	}
	return f
}

func (f *fakeCard) List() ([]Element, error) { return f.list, nil }

func (f *fakeCard) find(id ID) *Element {
	for i := range f.list {
		if f.list[i].ID == id {
			return &f.list[i]
		}
	}
	return nil
}

func (f *fakeCard) Read(id ID) ([]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil, audio.ErrGone.With("unplugged")
	}
	if f.find(id) == nil {
		return nil, audio.ErrInvalid.With("no control %q", id)
	}
	return slices.Clone(f.values[id]), nil
}

func (f *fakeCard) Write(id ID, values []int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.find(id)
	switch {
	case f.gone:
		return audio.ErrGone.With("unplugged")
	case e == nil || len(values) != e.Count:
		return audio.ErrInvalid.With("no control %q with %d values", id, len(values))
	case id == f.refuse:
		return audio.ErrPermission.With("locked")
	}
	for _, v := range values {
		if v < e.Min || v > e.Max {
			return audio.ErrInvalid.With("%q = %d", id, v)
		}
	}
	f.writes = append(f.writes, id)
	f.values[id] = slices.Clone(values)
	f.events <- Event{ID: id, Value: true}
	return nil
}

func (f *fakeCard) Next() (Event, error) {
	select {
	case e, ok := <-f.events:
		if !ok {
			return e, audio.ErrGone.With("unplugged")
		}
		return e, nil
	case <-f.stop:
		return Event{}, audio.ErrClosed.With("closed")
	}
}

func (f *fakeCard) Close() error {
	f.closed.Do(func() { close(f.stop) })
	return nil
}

// others is a change by another program, or by a hand at a jack.
func (f *fakeCard) others(name string, values ...int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.list {
		if e.ID.Name == name {
			f.values[e.ID] = values
			f.events <- Event{ID: e.ID, Value: true}
			return
		}
	}
	panic("no control " + name)
}

func (f *fakeCard) unplug() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
	close(f.events)
}

// get are the values of the first element of that name.
func (f *fakeCard) get(name string) []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.list {
		if e.ID.Name == name {
			return f.values[e.ID]
		}
	}
	return nil
}

func (f *fakeCard) set(name string, values ...int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.list {
		if e.ID.Name == name {
			f.values[e.ID] = values
			return
		}
	}
	panic("no control " + name)
}

// cardOf is the Card of a fake one, closed and looked at for leaks at the end.
func cardOf(t *testing.T, list []Element, names Names) (*Card, *fakeCard) {
	t.Helper()
	f := newFakeCard(list)
	m, err := New(f, names)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Close()
		goleak.VerifyNone(t, goleak.IgnoreAnyFunction("internal/synctest.Run"), goleak.IgnoreAnyFunction("testing/synctest.testingSynctestTest"))
	})
	return m, f
}

func toggle(count int, names ...string) (list []Element) {
	for _, n := range names {
		list = append(list, Element{ID: mixerID(n), Type: abi.Boolean, Count: count, Max: 1, Readable: true, Writable: true})
	}
	return list
}

func volume(count int, most int64, tlv []uint32, names ...string) (list []Element) {
	for _, n := range names {
		list = append(list, Element{ID: mixerID(n), Type: abi.Number, Count: count, Max: most, Readable: true, Writable: true, tlv: tlv})
	}
	return list
}

func choice(count int, name string, items ...string) []Element {
	return []Element{{ID: mixerID(name), Type: abi.Enumerated, Count: count, Max: int64(len(items)) - 1, Items: items, Readable: true, Writable: true}}
}

func jacks(names ...string) (list []Element) {
	for _, n := range names {
		list = append(list, Element{ID: ID{Interface: abi.CardElem, Name: n}, Type: abi.Boolean, Count: 1, Max: 1, Readable: true})
	}
	return list
}

// mixerID reads "NAME" and "NAME,INDEX".
func mixerID(text string) ID {
	id, err := ParseID(text)
	if err != nil {
		panic(err)
	}
	return id
}

// dB is what the kernel's DECLARE_TLV_DB_SCALE makes; all in 0.01 dB.
func dB(least int32, step uint32, mute bool) []uint32 {
	if mute {
		step |= tlvMuteBit
	}
	return []uint32{tlvScale, 8, uint32(least), step}
}
