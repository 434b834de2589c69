package null

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

// handing is set in a program that TestExec starts: the file to write at first, and then a relay.
const handing = "LOOPBRIDGE_TEST_HANDING"

func TestMain(m *testing.M) {
	if at := os.Getenv(handing); at != "" {
		if err := playOn(at); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// relay is what one process leaves to the next.
type relay struct {
	Stream    backend.Handed
	Processes int
	Frames    uint64 // written
	Position  uint64
	Time      int64
}

// playOn plays numbered frames for a while, and then hands over to another process in its place, but the last.
func playOn(at string) (err error) {
	const processes = 8
	wish := config(48000, 48, 500)
	wish.Play = true
	var s backend.Stream
	var r relay
	if strings.HasPrefix(at, "{") {
		if err = json.Unmarshal([]byte(at), &r); err == nil {
			s, err = Resume(r.Stream, Options{})
		}
	} else if file, failed := os.Create(at); failed == nil {
		var output *Recorder
		if output, err = NewRecorder(file, wish.Format); err == nil {
			s, err = Open(wish, Options{Output: output})
		}
		if err == nil {
			err = s.Start()
		}
	} else {
		err = failed
	}
	if err != nil {
		return err
	}
	counter := backendtest.NewCounter(wish.Format)
	for range 20 {
		tick, err := s.Wait()
		if err != nil {
			return err
		}
		if r.Position > 0 && tick.Time-r.Time != int64(tick.Position-r.Position)*1e9/48000 {
			return fmt.Errorf("process %d: %+v follows position %d at %d ns", r.Processes, tick, r.Position, r.Time)
		}
		r.Position, r.Time = tick.Position, tick.Time
		block := make([]byte, tick.Writable*wish.Format.FrameBytes())
		counter.Fill(block, r.Frames)
		n, err := s.Write(block)
		if r.Frames += uint64(n); err != nil {
			return err
		}
	}
	if r.Processes++; r.Processes == processes {
		fmt.Println(r.Frames)
		return s.Close()
	}
	if r.Stream, err = backend.HandOver(s); err != nil {
		return err
	}
	for _, fd := range r.Stream.Descriptors() {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return err
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.Setenv(handing, string(text)); err != nil {
		return err
	}
	return syscall.Exec("/proc/self/exe", os.Args, os.Environ())
}

// TestExec: a stream goes on in one process after another, and the file has each frame once.
func TestExec(t *testing.T) {
	disk := newDisk(t)
	program := exec.Command("/proc/self/exe")
	program.Env = append(os.Environ(), handing+"="+disk.Name())
	said, err := program.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var frames int
	if _, err := fmt.Sscan(string(said), &frames); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	f, got := readBack(t, disk.Name())
	if want := numbered(f, frames); frames < 8*20*48 || !bytes.Equal(got, want) {
		t.Errorf("%d frames were played, and %d bytes are in the file, or others", frames, len(got))
	}
}
