package card

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// uevent is a kernel message about a card.
type uevent struct {
	action string // "add", "remove", "change" …
	card   int
	lost   bool // the socket overflowed: look at all cards
}

// parseUevent parses a kernel message: a header, "add@/devices/…/controlC1", and lines "KEY=value", each
// ended by a zero byte. It returns false for a message that is not about a card.
//
// The control device of a card is registered last and removed first. udev sends a change of the
// card itself once its rules have run.
func parseUevent(message []byte) (u uevent, ok bool) {
	header, rest, found := bytes.Cut(message, []byte{0})
	action, path, named := strings.Cut(string(header), "@")
	if !found || !named {
		return u, false // udev's own messages begin with "libudev"
	}
	sound := false
	for line := range bytes.SplitSeq(rest, []byte{0}) {
		switch key, value, _ := strings.Cut(string(line), "="); key {
		case "SUBSYSTEM":
			sound = value == "sound"
		case "ACTION":
			action = value
		case "DEVPATH":
			path = value
		}
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	number, isControl := strings.CutPrefix(name, "controlC")
	if !isControl {
		var isCard bool
		if number, isCard = strings.CutPrefix(name, "card"); !isCard || action != "change" {
			return u, false
		}
	}
	n, err := strconv.ParseUint(number, 10, 16)
	return uevent{action: action, card: int(n)}, sound && err == nil
}

const (
	ueventGroup  = 1       // the kernel's; 2 is udev's
	ueventSize   = 8192    // the kernel's messages have at most 2 KiB and a header
	ueventBuffer = 1 << 20 // of the socket: a hub sends many devices at once
)

// uevents reads the messages about cards until ctx is done, then closes the channel.
func uevents(ctx context.Context) (<-chan uevent, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK,
		unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, ueventBuffer) // the default mostly suffices
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: ueventGroup}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "uevents") // non-blocking: the runtime waits, and Close ends the wait
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	context.AfterFunc(ctx, func() { file.Close() })
	messages := make(chan uevent, 64)
	go func() {
		defer close(messages)
		defer file.Close()
		buf := make([]byte, ueventSize)
		for {
			u, ok, err := nextUevent(conn, buf)
			if err != nil {
				return
			}
			if !ok {
				continue
			}
			select {
			case messages <- u:
			case <-ctx.Done():
				return
			}
		}
	}()
	return messages, nil
}

// nextUevent blocks for one message. It returns false for one that is not about a card or not
// from the kernel.
func nextUevent(conn syscall.RawConn, buf []byte) (u uevent, ok bool, err error) {
	var n int
	var from unix.Sockaddr
	var failed error
	err = conn.Read(func(fd uintptr) (done bool) {
		n, from, failed = unix.Recvfrom(int(fd), buf, 0)
		return !errors.Is(failed, unix.EAGAIN)
	})
	switch {
	case err != nil:
		return u, false, err
	case errors.Is(failed, unix.ENOBUFS):
		return uevent{lost: true}, true, nil
	case errors.Is(failed, unix.EINTR):
		return u, false, nil
	case failed != nil:
		return u, false, failed
	}
	if sender, isNetlink := from.(*unix.SockaddrNetlink); !isNetlink || sender.Pid != 0 {
		return u, false, nil
	}
	u, ok = parseUevent(buf[:n])
	return u, ok, nil
}
