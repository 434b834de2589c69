package hwtest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// levels are those of the left and the right channel.
type levels [2]int16

// frames returns so many of them.
func (l levels) frames(n int) []byte {
	one := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(l[0])), uint16(l[1]))
	return bytes.Repeat(one, n)
}

// setsInfo is AUDIO_SETINFO of values at their places in audio_info_t.
func (b *bench) setsInfo(node *os.File, numbers map[int]uint32, balance int) {
	b.Helper()
	const bytesOfInfo, balanceAt, setInfo = 132, 51, 3<<30 | 132<<16 | 'A'<<8 | 2
	info := bytes.Repeat([]byte{0xFF}, bytesOfInfo)
	for at, v := range numbers {
		binary.NativeEndian.PutUint32(info[at:], v)
	}
	if balance >= 0 {
		info[balanceAt] = byte(balance)
	}
	raw, err := node.SyscallConn()
	if err != nil {
		b.Fatalf("%v", err)
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, setInfo, uintptr(unsafe.Pointer(&info[0])))
	})
	if err != nil || errno != 0 {
		b.Errorf("AUDIO_SETINFO of %v: %v, %v", numbers, err, errno)
	}
}

// levelsByNode: what is written to /dev/audio comes out of the card to the last bit, where the balance lets it; and what is
// monitored beside it at full scale clips.
func levelsByNode(b *bench) {
	const outside, rate, rateAt, channelsAt, precisionAt, encodingAt, gainAt, monitorAt, linear = "hw:Loopback,0,0", 48000, 0, 4, 8, 12, 16, 112, 3
	card := "id:Loopback,1"
	d := b.nodes(strings.Replace(sunConfig, "id:Loopback", card, 1), "/dev/audio", "/dev/audioctl")
	d.until("runs on the card", func() bool { return d.runsOn() == card })
	node, err := os.OpenFile("/dev/audio", os.O_WRONLY, 0) // which Go waits for with edges of epoll
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.setsInfo(node, map[int]uint32{rateAt: rate, channelsAt: 2, precisionAt: 16, encodingAt: linear, gainAt: 255, monitorAt: 0}, 32)
	t := b.records(outside, rate)
	defer d.stop()
	stop, stopped := make(chan struct{}), make(chan error, 1)
	plays := levels{20000, -20000}
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if _, err := node.Write(plays.frames(480)); err != nil {
				stopped <- err
				return
			}
		}
	}()
	b.hearsLevels(t, "E56: a gain of 255", plays)
	b.setsInfo(node, nil, 0)
	b.hearsLevels(t, "E55: a balance of 0", levels{plays[0], 0})
	b.setsInfo(node, nil, 64)
	b.hearsLevels(t, "a balance of 64", levels{0, plays[1]})
	b.setsInfo(node, map[int]uint32{monitorAt: 255}, 32)
	loud := filepath.Join(b.TempDir(), "loud.raw")
	if err := os.WriteFile(loud, levels{30000, -30000}.frames(30*rate), 0o644); err != nil {
		b.Fatalf("%v", err)
	}
	feed := exec.Command("aplay", "-q", "-D", outside, "-t", "raw", "-f", "S16_LE", "-c", "2", "-r", fmt.Sprint(rate), loud)
	if err := feed.Start(); err != nil {
		b.Fatalf("%v", err)
	}
	b.hearsLevels(t, "E57: monitored and played", levels{32767, -32768})
	feed.Process.Kill()
	feed.Wait()
	close(stop)
	if err := <-stopped; err != nil {
		b.Errorf("write: %v", err)
	}
	node.Close()
}

// hearsLevels waits until a tenth of a second has these levels, to the last bit.
func (b *bench) hearsLevels(t tape, what string, want levels) {
	b.Helper()
	whole, got := want.frames(4800), make([]byte, 4*4800)
	for range 200 {
		time.Sleep(20 * time.Millisecond)
		file, err := os.Open(t.file)
		if err != nil {
			b.Fatalf("%v", err)
		}
		end, _ := file.Seek(0, io.SeekEnd)
		file.ReadAt(got, max(0, end/4-4800)*4)
		file.Close()
		if bytes.Equal(got, whole) {
			b.say("%s: %d and %d", what, want[0], want[1])
			return
		}
	}
	b.Errorf("%s: the last frames are % x, want % x", what, got[len(got)-16:], whole[:4])
}
