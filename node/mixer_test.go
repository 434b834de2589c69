package node_test

import (
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

// desk is the mixer node of a device whose card has inputs, one at a time.
type desk struct {
	*testing.T
	file   *cusetest.File
	engine *loop.Engine
}

func onDesk(t *testing.T, run func(*desk)) {
	synctest.Test(t, func(t *testing.T) {
		clock := backendtest.NewClock(backend.Config{Play: true, Record: true, Period: 480, Periods: 4})
		engine, bay := loop.NewEngine("main", &oneInput{clock, audio.PortMicrophone}), loop.NewPatchbay()
		if err := bay.AddDevice(engine); err != nil {
			t.Fatal(err)
		}
		kernels := map[string]*cusetest.Kernel{}
		made := make(chan *cusetest.Kernel, 10)
		set := node.NewSet(bay, node.Options{Dev: "/dev", Open: func() (io.ReadWriteCloser, error) {
			k := cusetest.New()
			made <- k
			return k.Descriptor(), nil
		}})
		set.Follow(node.Plan(nil, nil, []string{"main"}, node.Names{Mixer: "main"}))
		for range len(made) {
			k := <-made
			kernels[k.Name()] = k
		}
		defer func() {
			set.Close()
			bay.Close()
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
		}()
		file, errno := kernels["mixer"].Open(t.Context(), 1<<24, syscall.O_RDWR)
		if errno != 0 || kernels["loopbridge/main.mixer"] == nil {
			t.Fatal(errno)
		}
		run(&desk{t, file, engine})
	})
}

// number reads a channel or a mask; with a value it writes it.
func (d *desk) number(channel int, v ...int) (int, syscall.Errno) {
	memory, takes := make([]byte, 4), 0
	if len(v) > 0 {
		binary.NativeEndian.PutUint32(memory, uint32(v[0]))
		takes = 4
	}
	errno := d.file.Ioctl(d.Context(), oss.Command(oss.Op('M'<<8|channel), takes, 4), memory)
	return oss.Int(memory), errno
}

func (d *desk) want(channel, want int, v ...int) {
	d.Helper()
	if got, errno := d.number(channel, v...); got != want || errno != 0 {
		d.Errorf("channel %d %v: %#x, %v, want %#x", channel, v, got, errno, want)
	}
}

// TestD19: the volumes of OSS 3 are the gains and the balance of the device.
func TestD19_MixerNodeHasTheVolumes(t *testing.T) {
	onDesk(t, func(d *desk) {
		const inputs = 1<<oss.MixMic | 1<<oss.MixLine
		const sides = 1<<oss.MixVolume | 1<<oss.MixPCM | 1<<oss.MixRecord | 1<<oss.MixGain | inputs
		d.want(oss.MixDevices, sides|1<<oss.MixIn)
		d.want(oss.MixStereo, sides)
		d.want(oss.MixVolume, 40|40<<8, 40|40<<8)
		d.want(oss.MixPCM, 40|40<<8)
		d.want(oss.MixMic, 60|60<<8, 60|60<<8)
		d.want(oss.MixRecord, 60|60<<8)
		d.want(oss.MixIn, 20|20<<8, 20|80<<8) // one for both ears: the left one
		if i := d.engine.Info(); i.Play.Gain != 102 || i.Record.Gain != 153 || i.MonitorGain != 51 {
			t.Errorf("gains %d, %d and %d", i.Play.Gain, i.Record.Gain, i.MonitorGain)
		}
		for _, channel := range []int{oss.MixCD, 1, 10} {
			if _, errno := d.number(channel); errno != syscall.EINVAL {
				t.Errorf("channel %d: %v", channel, errno)
			}
		}
		info := make([]byte, 92)
		if errno := d.file.Ioctl(d.Context(), oss.Command(oss.MixerInfo, 0, 92), info); errno != 0 || oss.Text(info) != "loopbridge" || oss.Text(info[16:48]) != "main" {
			t.Errorf("%v: %q", errno, info[:48])
		}
		changes := oss.Int(info[48:])
		d.want(oss.MixVolume, 30|30<<8, 30|30<<8)
		if errno := d.file.Ioctl(d.Context(), oss.Command(oss.MixerInfo, 0, 92), info); errno != 0 || oss.Int(info[48:]) == changes {
			t.Errorf("%v: a change is not counted", errno)
		}
		if _, errno := d.file.Read(d.Context(), make([]byte, 4)); errno != syscall.EINVAL {
			t.Errorf("a read: %v", errno)
		}
		if errno := d.file.Ioctl(d.Context(), oss.Command(oss.Speed, 4, 4), make([]byte, 4)); errno != syscall.EINVAL {
			t.Errorf("SNDCTL_DSP_SPEED: %v", errno)
		}
	})
}

// TestD23: the source of OSS 3 is the port of the record side. Who adds one where one can be gets that.
func TestD23_MixerNodeChoosesTheInput(t *testing.T) {
	onDesk(t, func(d *desk) {
		const mic, line = 1 << oss.MixMic, 1 << oss.MixLine
		d.want(oss.MixRecordable, mic|line)
		d.want(oss.MixRecording, mic)
		d.want(oss.MixRecording, line, mic|line)
		if port := d.engine.Info().Record.Port; port != audio.PortLineIn {
			t.Errorf("the port is %v", port)
		}
		d.want(oss.MixRecording, mic, mic)
		for _, nothing := range []int{0, 1 << oss.MixCD, 1 << 31} {
			d.want(oss.MixRecording, mic, nothing)
		}
		d.want(oss.MixCaps, 0)
	})
}

// oneInput is a stream on hardware with two inputs, of which one is on.
type oneInput struct {
	backend.Stream
	on audio.Ports
}

func (s *oneInput) Controls() backend.Controls                   { return s }
func (s *oneInput) ControlChanges() <-chan backend.ControlChange { return nil }

func (s *oneInput) Ports(d audio.Direction) backend.ControlPorts {
	if d == audio.Play {
		return backend.ControlPorts{Avail: audio.PortSpeaker}
	}
	both := audio.PortMicrophone | audio.PortLineIn
	return backend.ControlPorts{Avail: both, Mod: both, Exclusive: true}
}

func (s *oneInput) Selected(d audio.Direction) (audio.Ports, error) {
	if d == audio.Play {
		return audio.PortSpeaker, nil
	}
	return s.on, nil
}

func (s *oneInput) Select(d audio.Direction, p audio.Ports) error {
	if d == audio.Record {
		s.on = p
	}
	return nil
}

func (s *oneInput) Gain(audio.Direction) (int, bool)            { return 0, false }
func (s *oneInput) Way(audio.Direction, int) ([]float64, error) { return nil, audio.ErrUnsupported }
func (s *oneInput) SetLevel(audio.Direction, float64) error     { return audio.ErrUnsupported }
func (s *oneInput) Monitor(int) (done bool, err error)          { return false, nil }
func (s *oneInput) Monitored() (gain int, ok bool)              { return 0, false }
