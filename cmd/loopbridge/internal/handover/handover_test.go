package handover

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

type value struct {
	Name  string
	Words []uint64
	Next  *value
}

func written(t *testing.T) (*os.File, []byte) {
	t.Helper()
	f, err := Write(&value{Name: "a", Words: []uint64{1, 1 << 63}, Next: &value{Name: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	all, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return f, all
}

func TestState(t *testing.T) {
	f, _ := written(t)
	var v value
	if err := Read(f, &v); err != nil {
		t.Fatal(err)
	}
	if want := (value{Name: "a", Words: []uint64{1, 1 << 63}, Next: &value{Name: "b"}}); !reflect.DeepEqual(v, want) {
		t.Errorf("read %+v", v)
	}
	if _, err := f.WriteAt([]byte{0}, 40); err == nil {
		t.Error("the state can be changed after it was written")
	}
}

// TestDamagedState changes each byte, and cuts the state everywhere.
func TestDamagedState(t *testing.T) {
	_, all := written(t)
	for i := range all {
		damaged := bytes.Clone(all)
		damaged[i] ^= 0x41
		var v value
		if err := Read(bytes.NewReader(damaged), &v); !errors.Is(err, audio.ErrInvalid) && !errors.Is(err, audio.ErrUnsupported) {
			t.Errorf("byte %d of %d changed: %v", i, len(all), err)
		}
		if err := Read(bytes.NewReader(all[:i]), &v); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("cut at %d of %d: %v", i, len(all), err)
		}
	}
}

func TestStateOfAnotherVersion(t *testing.T) {
	_, all := written(t)
	all[8]++
	err := Read(bytes.NewReader(all), &value{})
	if !errors.Is(err, audio.ErrUnsupported) {
		t.Errorf("%v", err)
	}
	t.Log(err)
}

func FuzzRead(f *testing.F) {
	file, err := Write(&value{Name: "a", Words: []uint64{1, 2, 3}})
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	all, _ := io.ReadAll(io.NewSectionReader(file, 0, 1<<20))
	f.Add(all)
	f.Fuzz(func(t *testing.T, raw []byte) { _ = Read(bytes.NewReader(raw), &value{}) })
}

func TestExecOfNothing(t *testing.T) {
	f, _ := written(t)
	p := Program{Path: "/nonexistent", Args: []string{"x"}}
	if err := p.Exec(f, nil); err == nil {
		t.Error("an exec of nothing worked")
	}
	if err := p.Rehearse(t.Context(), f); err == nil {
		t.Error("nothing has said that it can take over")
	}
	var v value
	if err := Read(f, &v); err != nil {
		t.Error(err)
	}
}
