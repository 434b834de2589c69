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

// callRTKit calls f with rtkit on the system bus.
func callRTKit(ctx context.Context, f func(ctx context.Context, kit dbus.BusObject) error) error {
	ctx, cancel := context.WithTimeout(ctx, rtkitLimit)
	defer cancel()
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("rtkit: no system bus: %w", err)
	}
	defer bus.Close()
	if err := f(ctx, bus.Object(rtkitName, rtkitPath)); err != nil {
		return fmt.Errorf("rtkit: %w", err)
	}
	return nil
}

// askRTKit asks for a thread of this process and returns the priority granted, at most the one requested.
func askRTKit(thread, priority int) (int, error) {
	err := callRTKit(context.Background(), func(ctx context.Context, kit dbus.BusObject) error {
		if most, err := mostOf(ctx, kit); err == nil {
			priority = min(priority, most)
		}
		return kit.CallWithContext(ctx, rtkitName+".MakeThreadRealtimeWithPID", 0, uint64(os.Getpid()), uint64(thread),
			uint32(priority)).Err
	})
	return priority, err
}

// mostOf returns the highest priority that rtkit grants.
func mostOf(ctx context.Context, kit dbus.BusObject) (most int, err error) {
	var value dbus.Variant
	err = kit.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, rtkitName, "MaxRealtimePriority").Store(&value)
	if err != nil {
		return 0, err
	}
	n, ok := value.Value().(int32)
	if !ok {
		return 0, fmt.Errorf("its MaxRealtimePriority is %v", value)
	}
	return int(n), nil
}

// RTKit returns the highest priority that rtkit grants. It blocks for up to 3 s. An error means that there is no rtkit.
func RTKit(ctx context.Context) (most int, err error) {
	err = callRTKit(ctx, func(ctx context.Context, kit dbus.BusObject) error {
		most, err = mostOf(ctx, kit)
		return err
	})
	return most, err
}
