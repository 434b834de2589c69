package hwtest_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/loopbridge/loopbridge/hwtest/hear"
	"github.com/loopbridge/loopbridge/mixer"
)

// monitorsByNode sets monitor_gain with AUDIO_SETINFO, as audioctl of SunOS does, and listens on the kernel's own loop.
func monitorsByNode(b *bench) {
	const outside, rate = "hw:Loopback,0,0", 48000
	card := "id:Loopback,1"
	d := b.nodes(strings.Replace(sunConfig, "id:Loopback", card, 1), "/dev/audioctl")
	d.until("runs on the card", func() bool { return d.runsOn() == card })
	control, err := os.OpenFile("/dev/audioctl", os.O_RDWR, 0)
	if err != nil {
		b.Fatalf("%v", err)
	}
	defer control.Close()
	t := b.records(outside, rate)
	defer d.stop()
	defer b.feed(exec.Command("aplay", aplay(outside, hear.CountFormat(rate))...), rate)()
	var said []string
	for _, gain := range []int{255, 128, 31, 0} {
		b.setMonitor(control, gain)
		said = append(said, d.hears(t, strconv.Itoa(gain), both(mixer.Decibels(gain))))
	}
	b.say("monitor_gain by AUDIO_SETINFO: %s", strings.Join(said, ", "))
}

// setMonitor is AUDIO_INITINFO, a monitor_gain, and AUDIO_SETINFO.
func (b *bench) setMonitor(control *os.File, gain int) {
	b.Helper()
	const bytesOfInfo, monitorAt, setInfo = 132, 112, 3<<30 | 132<<16 | 'A'<<8 | 2
	info := bytes.Repeat([]byte{0xFF}, bytesOfInfo)
	binary.NativeEndian.PutUint32(info[monitorAt:], uint32(gain))
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, control.Fd(), setInfo, uintptr(unsafe.Pointer(&info[0])))
	if got := binary.NativeEndian.Uint32(info[monitorAt:]); errno != 0 || got != uint32(gain) {
		b.Errorf("AUDIO_SETINFO of monitor_gain %d: %v, and it is %d", gain, errno, got)
	}
}
