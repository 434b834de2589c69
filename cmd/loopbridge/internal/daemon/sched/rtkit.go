package sched

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// rtkit is a desktop service that makes threads real-time for programs that may not do so.
const (
	rtkitName  = "org.freedesktop.RealtimeKit1"
	rtkitPath  = "/org/freedesktop/RealtimeKit1"
	rtkitLimit = 3 * time.Second
)

// askRTKit asks for a thread of this process and returns the priority granted, at most the one requested.
func askRTKit(thread, priority int) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), rtkitLimit)
	defer cancel()
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return 0, fmt.Errorf("rtkit: no system bus: %w", err)
	}
	defer bus.Close()
	kit := bus.Object(rtkitName, rtkitPath)
	if most, err := kit.GetProperty(rtkitName + ".MaxRealtimePriority"); err == nil {
		if n, ok := most.Value().(int32); ok {
			priority = min(priority, int(n))
		}
	}
	call := kit.CallWithContext(ctx, rtkitName+".MakeThreadRealtimeWithPID", 0, uint64(os.Getpid()), uint64(thread),
		uint32(priority))
	if call.Err != nil {
		return 0, fmt.Errorf("rtkit: %w", call.Err)
	}
	return priority, nil
}
