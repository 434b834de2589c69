package cuse

import (
	"encoding/binary"
	"syscall"
)

// Operations that a device gets, of enum fuse_opcode.
const (
	opOpen      = 14
	opRead      = 15
	opWrite     = 16
	opRelease   = 18
	opInterrupt = 36
	opIoctl     = 39
	opPoll      = 40
	opInit      = 4096
)

// Sizes of the structures, in bytes. All numbers have the byte order of the machine.
const (
	inHeaderBytes    = 40
	outHeaderBytes   = 16
	initInBytes      = 16
	initOutBytes     = 72
	openInBytes      = 8
	transferInBytes  = 40 // fuse_read_in and fuse_write_in
	releaseInBytes   = 24
	interruptInBytes = 8
	ioctlInBytes     = 32
	ioctlOutBytes    = 16
	iovecBytes       = 16
	pollInBytes      = 24
)

const (
	majorVersion = 7
	minorVersion = 31 // of which all that is used here is there

	unrestrictedIoctl = 1 << 0 // of cuse_init_out.flags

	ioctlCompat = 1 << 0 // a 32-bit program on a 64-bit kernel
	ioctlRetry  = 1 << 2

	pollSchedule = 1 << 0 // fuse_poll_in.flags: tell when it is ready
	notifyPoll   = 1      // fuse_out_header.error of that
)

// MaxTransfer is how many bytes a read or write has at most: the kernel splits those of programs.
const MaxTransfer = 64 << 10

// maxPacket is the size of the buffer for a request. The kernel refuses to read into less than it may send.
const maxPacket = MaxTransfer + 4096

// request is a packet of the kernel.
type request struct {
	op     uint32
	unique uint64
	caller Caller
	body   []byte // after the header
}

// moves reports whether the request is a transfer.
func (r *request) moves() bool { return r.op == opRead || r.op == opWrite }

func u16(b []byte) uint16 { return binary.NativeEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }

// decode checks the header, and that the body has what its operation needs. A request that is known but too short is
// answered with EINVAL; ok is false for what is no request at all.
func decode(packet []byte) (r request, errno syscall.Errno, ok bool) {
	if len(packet) < inHeaderBytes || int(u32(packet)) != len(packet) {
		return r, 0, false
	}
	r = request{
		op: u32(packet[4:]), unique: u64(packet[8:]),
		caller: Caller{UID: u32(packet[24:]), GID: u32(packet[28:]), PID: u32(packet[32:])},
		body:   packet[inHeaderBytes:],
	}
	if extensions := 8 * int(u16(packet[36:])); extensions > 0 && extensions <= len(r.body) {
		r.body = r.body[:len(r.body)-extensions]
	}
	need, known := bodyBytes(r.op)
	switch {
	case !known:
		return r, syscall.ENOSYS, true
	case len(r.body) < need, r.op == opWrite && int(u32(r.body[16:])) != len(r.body)-transferInBytes,
		r.op == opIoctl && int(u32(r.body[24:])) > len(r.body)-ioctlInBytes:
		return r, syscall.EINVAL, true
	}
	return r, 0, true
}

// bodyBytes returns how many bytes an operation has at least behind its header; false: it is not one of a device.
func bodyBytes(op uint32) (n int, known bool) {
	switch op {
	case opRead, opWrite:
		return transferInBytes, true
	case opIoctl:
		return ioctlInBytes, true
	case opPoll:
		return pollInBytes, true
	case opRelease:
		return releaseInBytes, true
	case opInit:
		return initInBytes, true
	case opOpen:
		return openInBytes, true
	case opInterrupt:
		return interruptInBytes, true
	}
	return 0, false
}

// answerHead writes the header of an answer of so many bytes in all.
func answerHead(packet []byte, unique uint64, errno syscall.Errno) {
	binary.NativeEndian.PutUint32(packet, uint32(len(packet)))
	binary.NativeEndian.PutUint32(packet[4:], uint32(-int32(errno)))
	binary.NativeEndian.PutUint64(packet[8:], unique)
}

// initAnswer makes the node of a name.
func initAnswer(unique uint64, name string) []byte {
	packet := make([]byte, outHeaderBytes+initOutBytes)
	out := packet[outHeaderBytes:]
	for i, v := range []uint32{majorVersion, minorVersion, 0, unrestrictedIoctl, MaxTransfer, MaxTransfer, 0, 0} {
		binary.NativeEndian.PutUint32(out[4*i:], v)
	}
	packet = append(append(packet, "DEVNAME="+name...), 0)
	answerHead(packet, unique, 0)
	return packet
}

// retryAnswer asks for a call once more, with memory of the program at an address.
func retryAnswer(unique, address uint64, in, out int) []byte {
	vectors := 0
	packet := make([]byte, outHeaderBytes+ioctlOutBytes, outHeaderBytes+ioctlOutBytes+2*iovecBytes)
	for i, n := range []int{in, out} {
		if n > 0 {
			packet = binary.NativeEndian.AppendUint64(packet, address)
			packet = binary.NativeEndian.AppendUint64(packet, uint64(n))
			binary.NativeEndian.PutUint32(packet[outHeaderBytes+8+4*i:], 1)
			vectors++
		}
	}
	binary.NativeEndian.PutUint32(packet[outHeaderBytes+4:], ioctlRetry)
	answerHead(packet, unique, 0)
	return packet
}

// ioctlAnswer gives what the call wrote.
func ioctlAnswer(unique uint64, result int32, out []byte) []byte {
	packet := make([]byte, outHeaderBytes+ioctlOutBytes, outHeaderBytes+ioctlOutBytes+len(out))
	binary.NativeEndian.PutUint32(packet[outHeaderBytes:], uint32(result))
	packet = append(packet, out...)
	answerHead(packet, unique, 0)
	return packet
}
