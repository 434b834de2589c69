package node_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/node/cuse/cusetest"
	"github.com/loopbridge/loopbridge/node/oss"
)

// rack is a daemon with nodes for loop0, and for speaker, which is the device main.
type rack struct {
	*testing.T
	set   *node.Set
	bay   *loop.Patchbay
	made  chan *cusetest.Kernel
	names map[string]*cusetest.Kernel
	notes []string
	fail  error // of the next opens
	clock *backendtest.Clock
}

func onRack(t *testing.T, run func(*rack)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rack{T: t, bay: loop.NewPatchbay(), made: make(chan *cusetest.Kernel, 10), names: map[string]*cusetest.Kernel{}}
		r.clock = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: 480, Periods: 4})
		engine := loop.NewEngine("main", r.clock)
		for _, err := range []error{
			r.bay.AddDevice(engine), r.bay.Add(loop.Spec{Name: "loop0"}, engine),
			r.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play}, engine),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		r.set = node.NewSet(r.bay, node.Options{
			Dev: "/dev", Exists: func(path string) bool { return path == "dsp" },
			Note: func(text string) { r.notes = append(r.notes, text) },
			Open: func() (io.ReadWriteCloser, error) {
				if r.fail != nil {
					return nil, r.fail
				}
				k := cusetest.New()
				r.made <- k
				return k.Descriptor(), nil
			},
		})
		defer func() {
			r.set.Close()
			r.bay.Close()
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
		}()
		r.follow("loop0", "speaker")
		run(r)
	})
}

// follow makes the nodes of loops.
func (r *rack) follow(loops ...string) {
	attached := func(name string) string {
		if name == "speaker" {
			return "main"
		}
		return ""
	}
	r.set.Follow(node.Plan(loops, attached, nil, node.Names{DSP: "loop0"}))
	for range len(r.made) {
		k := <-r.made
		r.names[k.Name()] = k
	}
}

func (r *rack) open(name string, flags int) *cusetest.File {
	r.Helper()
	f, errno := r.names["loopbridge/"+name].Open(r.Context(), 1<<24, flags)
	if errno != 0 {
		r.Fatalf("%s: %v", name, errno)
	}
	return f
}

// number is a call with a number, which is v and then the answer.
func (r *rack) number(f *cusetest.File, cmd uint32, v int) (int, syscall.Errno) {
	memory := make([]byte, 4)
	binary.NativeEndian.PutUint32(memory, uint32(v))
	errno := f.Ioctl(r.Context(), cmd, memory)
	return oss.Int(memory), errno
}

// TestD3: a wrong direction is opened, and fails at its first call; O_RDWR works in the other one.
func TestD3_WrongDirectionFailsAtItsFirstCall(t *testing.T) {
	onRack(t, func(r *rack) {
		r.open("loop0.server", syscall.O_RDONLY)
		c := r.open("loop0", syscall.O_RDONLY)
		if _, errno := c.Read(r.Context(), make([]byte, 4)); errno != syscall.EACCES {
			t.Error(errno)
		}
		c.Close(r.Context())
		c = r.open("loop0", syscall.O_RDWR)
		if n, errno := c.Write(r.Context(), make([]byte, 400)); n != 400 || errno != 0 {
			t.Error(n, errno)
		}
		if _, errno := c.Read(r.Context(), make([]byte, 4)); errno != syscall.EACCES {
			t.Error(errno)
		}
	})
}

// What OSS has no word for is left as it is, and what it has no volume for is refused.
func TestD5_FormatsOfOSS(t *testing.T) {
	onRack(t, func(r *rack) {
		s := r.open("loop0.server", syscall.O_RDONLY)
		for _, e := range audio.Encodings() {
			bits := oss.FormatOf(e)
			if bits == 0 {
				continue
			}
			if v, errno := r.number(s, oss.Command(oss.SetFormat, 4, 4), bits); v != bits || errno != 0 {
				t.Errorf("%s: %#x, %v", e, v, errno)
			}
		}
		if v, errno := r.number(s, oss.Command(oss.SetFormat, 4, 4), 1<<20); errno != 0 || v != oss.FormatOf(audio.ALaw) && v == 1<<20 {
			t.Errorf("an unknown format: %#x, %v", v, errno)
		}
		for op, v := range map[oss.Op]int{oss.Speed: 999, oss.Channels: 65, oss.Stereo: 2, oss.PlayVolume: 50} {
			if _, errno := r.number(s, oss.Command(op, 4, 4), v); errno != syscall.EINVAL {
				t.Errorf("%v of %d: %v", op, v, errno)
			}
		}
		for op, v := range map[oss.Op]int{oss.SetFormat: oss.AC3} {
			if _, errno := r.number(s, oss.Command(op, 4, 4), v); errno != syscall.EIO {
				t.Errorf("%v of %d: %v", op, v, errno)
			}
		}
		if _, errno := r.number(s, oss.Command(oss.Policy, 4, 0), 11); errno != syscall.EIO {
			t.Error(errno)
		}
	})
}

// The loop of a device has the device's volumes, with the calls of OSS 4 and of OSS 3.
func TestD19_VolumesOfDevices(t *testing.T) {
	onRack(t, func(r *rack) {
		c := r.open("speaker", syscall.O_WRONLY)
		device, err := r.bay.Device("main")
		if err != nil {
			t.Fatal(err)
		}
		if v, errno := r.number(c, oss.Command(oss.PlayVolume, 0, 4), 0); v != 100|100<<8 || errno != 0 {
			t.Errorf("%#x, %v", v, errno)
		}
		if v, errno := r.number(c, oss.Command(oss.PlayVolume, 4, 4), 50|25<<8); errno != 0 || v != 50|23<<8 { // a balance has 32 steps
			t.Errorf("%#x, %v", v, errno)
		}
		if i := device.Info(); i.Play.Gain != 127 || i.Play.Balance != 15 {
			t.Errorf("gain %d, balance %d", i.Play.Gain, i.Play.Balance)
		}
		mixer := func(channel int) oss.Op { return oss.Op('M'<<8 | channel) }
		if v, errno := r.number(c, oss.Command(mixer(oss.MixDevices), 0, 4), 0); v != 1<<oss.MixVolume|1<<oss.MixPCM|1<<oss.MixRecord|1<<oss.MixGain|1<<oss.MixIn|1<<oss.MixMic|1<<oss.MixLine || errno != 0 {
			t.Errorf("%#x, %v", v, errno)
		}
		for channel, get := range map[int]func() int{
			oss.MixIn: func() int { return device.Info().MonitorGain }, oss.MixRecord: func() int { return device.Info().Record.Gain },
			oss.MixVolume: func() int { return device.Info().Play.Gain },
		} {
			if v, errno := r.number(c, oss.Command(mixer(channel), 4, 4), 40|40<<8); v != 40|40<<8 || errno != 0 || get() != 102 {
				t.Errorf("channel %d: %#x, %v: %d", channel, v, errno, get())
			}
		}
	})
}

// Who polls edges is told when there is room again, though there was some when it asked.
func TestPollTellsOfEdges(t *testing.T) {
	onRack(t, func(r *rack) {
		server := r.open("loop0.server", syscall.O_RDONLY)
		c := r.open("loop0", syscall.O_WRONLY|syscall.O_NONBLOCK)
		events, told := c.Edge()
		if events&4 == 0 {
			t.Fatalf("%#x", events)
		}
		for {
			if _, errno := c.Write(r.Context(), make([]byte, 1920)); errno != 0 {
				break
			}
		}
		synctest.Wait()
		if len(told) > 0 {
			t.Error("told of room that there is not")
		}
		go func() { _, _ = server.Read(r.Context(), make([]byte, 4*4800)) }()
		for range 3 {
			synctest.Wait()
			r.clock.Advance(480)
		}
		synctest.Wait()
		if len(told) != 1 {
			t.Error("not told that there is room again")
		}
		if n, errno := c.Write(r.Context(), make([]byte, 1920)); n != 1920 || errno != 0 {
			t.Error(n, errno)
		}
	})
}

func TestAudioInfoListsLoops(t *testing.T) {
	onRack(t, func(r *rack) {
		r.open("loop0.server", syscall.O_RDONLY)
		c := r.open("loop0", syscall.O_WRONLY)
		info := make([]byte, 1180)
		binary.NativeEndian.PutUint32(info, 0xFFFFFFFF) // −1: this one
		if errno := c.Ioctl(r.Context(), oss.Command(oss.EngineInfo, 1180, 1180), info); errno != 0 || oss.Int(info) != 0 ||
			!bytes.HasPrefix(info[4:], []byte("Audio loopback loop0\x00")) || !bytes.HasPrefix(info[404:], []byte("/dev/loopbridge/loop0\x00")) || oss.Int(info[68:]) != oss.OpenWrite {
			t.Errorf("%v: %q", errno, info[:100])
		}
		binary.NativeEndian.PutUint32(info, 2)
		if errno := c.Ioctl(r.Context(), oss.Command(oss.AudioInfo, 1180, 1180), info); errno != syscall.EINVAL {
			t.Error(errno)
		}
		system := make([]byte, 1248)
		if errno := c.Ioctl(r.Context(), oss.Command(oss.SystemInfo, 0, 1248), system); errno != 0 || oss.Int(system[196:]) != 2 {
			t.Errorf("%v: %d devices", errno, oss.Int(system[196:]))
		}
	})
}

// Nodes come and go; a name that is taken is left alone; what is wrong is told once, and tried again.
func TestNodesFollow(t *testing.T) {
	onRack(t, func(r *rack) {
		problems := func() (there, missing int) {
			for _, n := range r.set.Nodes() {
				if n.Problem == "" {
					there++
				} else {
					missing++
				}
			}
			return there, missing
		}
		if there, missing := problems(); there != 3 || missing != 1 || len(r.notes) != 1 {
			t.Errorf("%d there, %d missing, noted %q", there, missing, r.notes)
		}
		s := r.open("loop0.server", syscall.O_RDONLY)
		ended := make(chan syscall.Errno, 1)
		go func() {
			_, errno := s.Read(r.Context(), make([]byte, 4))
			ended <- errno
		}()
		synctest.Wait()
		if n := r.set.Nodes()[2]; len(n.Holders()) != 1 || n.Holders()[0].PID != 1<<24 {
			t.Errorf("%s is held by %v", n.Path, n.Holders())
		}
		r.follow("speaker")
		if errno := <-ended; errno != syscall.ECONNRESET {
			t.Error(errno)
		}
		if there, missing := problems(); there != 1 || missing != 0 {
			t.Errorf("%d there, %d missing", there, missing)
		}
		if st := r.bay.Status()[0]; st.Server.Open {
			t.Error("the server end is still held")
		}
		r.fail = audio.ErrPermission
		r.follow("loop0")
		r.follow("loop0")
		if there, missing := problems(); there != 0 || missing != 3 || len(r.notes) != 2 {
			t.Errorf("%d there, %d missing, noted %q", there, missing, r.notes)
		}
		r.fail = nil
		r.follow("loop0")
		r.follow("loop0", "speaker")
		if there, _ := problems(); there != 3 {
			t.Errorf("%d there", there)
		}
	})
}
