package abi_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// TestLayout holds the structures against the header of the kernel.
func TestLayout(t *testing.T) {
	if _, err := os.Stat("/usr/include/sound/asound.h"); err != nil {
		t.Skip("there is no sound/asound.h here (linux-libc-dev) to compare with")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("there is no gcc here to ask")
	}
	fields := map[string]string{ // of C, by those of Go
		"HWParams.Info": "info", "HWParams.MSBits": "msbits", "HWParams.RateNum": "rate_num", "HWParams.RateDen": "rate_den",
		"HWParams.FIFOSize": "fifo_size", "HWParams.Flags": "flags",
		"SWParams.TstampMode": "tstamp_mode", "SWParams.PeriodStep": "period_step", "SWParams.SleepMin": "sleep_min", "SWParams.AvailMin": "avail_min",
		"SWParams.XferAlign": "xfer_align", "SWParams.StartThreshold": "start_threshold", "SWParams.StopThreshold": "stop_threshold",
		"SWParams.SilenceThreshold": "silence_threshold", "SWParams.SilenceSize": "silence_size", "SWParams.Boundary": "boundary",
		"SWParams.Proto": "proto", "SWParams.TstampType": "tstamp_type",
		"SyncPtr.Flags": "flags", "SyncPtr.State": "s.status.state", "SyncPtr.HWPtr": "s.status.hw_ptr", "SyncPtr.Tstamp": "s.status.tstamp",
		"SyncPtr.Suspended": "s.status.suspended_state", "SyncPtr.AudioTstamp": "s.status.audio_tstamp", "SyncPtr.ApplPtr": "c.control.appl_ptr",
		"SyncPtr.AvailMin": "c.control.avail_min",
		"Xfer.Result":      "result", "Xfer.Buf": "buf", "Xfer.Frames": "frames",
		"ChannelInfo.Channel": "channel", "ChannelInfo.Offset": "offset", "ChannelInfo.First": "first", "ChannelInfo.Step": "step",
		"PCMInfo.Device": "device", "PCMInfo.Subdevice": "subdevice", "PCMInfo.Direction": "stream", "PCMInfo.Card": "card",
		"PCMInfo.ID": "id", "PCMInfo.Name": "name", "PCMInfo.SubName": "subname",
		"CardInfo.Card": "card", "CardInfo.ID": "id", "CardInfo.Driver": "driver", "CardInfo.Name": "name", "CardInfo.LongName": "longname",
		"CardInfo.MixerName": "mixername", "CardInfo.Components": "components",
		"ElemID.NumID": "numid", "ElemID.Interface": "iface", "ElemID.Device": "device", "ElemID.Subdevice": "subdevice", "ElemID.Name": "name",
		"ElemID.Index": "index",
		"ElemInfo.ID":  "id", "ElemInfo.Type": "type", "ElemInfo.Access": "access", "ElemInfo.Count": "count", "ElemInfo.Owner": "owner",
		"ElemInfo.value": "value", "ElemValue.ID": "id", "ElemValue.value": "value",
		"Event.Type": "type", "Event.Mask": "data.elem.mask", "Event.ID": "data.elem.id",
		"HWParams.masks": "masks", "HWParams.intervals": "intervals", "HWParams.rmask": "rmask", "HWParams.cmask": "cmask",
	}
	structs := []struct {
		c     string
		value any
	}{
		{"snd_pcm_hw_params", abi.HWParams{}}, {"snd_pcm_sw_params", abi.SWParams{}}, {"snd_pcm_sync_ptr", abi.SyncPtr{}},
		{"snd_pcm_info", abi.PCMInfo{}}, {"snd_xferi", abi.Xfer{}}, {"snd_pcm_channel_info", abi.ChannelInfo{}},
		{"snd_ctl_card_info", abi.CardInfo{}}, {"snd_ctl_elem_id", abi.ElemID{}}, {"snd_ctl_elem_info", abi.ElemInfo{}},
		{"snd_ctl_elem_value", abi.ElemValue{}}, {"snd_ctl_event", abi.Event{}},
	}
	var c, want strings.Builder
	c.WriteString("#include <stdio.h>\n#include <stddef.h>\n#include <time.h>\n#include <sound/asound.h>\nint main(void) {\n")
	for _, s := range structs {
		of := reflect.TypeOf(s.value)
		fmt.Fprintf(&c, "printf(\"%s %%zu\\n\", sizeof(struct %s));\n", of.Name(), s.c)
		fmt.Fprintf(&want, "%s %d\n", of.Name(), of.Size())
		for i := range of.NumField() {
			f := of.Field(i)
			if f.Name == "_" {
				continue
			}
			name := of.Name() + "." + f.Name
			if fields[name] == "" {
				t.Errorf("the test does not know %s", name)
			}
			fmt.Fprintf(&c, "printf(\"%s %%zu\\n\", offsetof(struct %s, %s));\n", name, s.c, fields[name])
			fmt.Fprintf(&want, "%s %d\n", name, f.Offset)
		}
	}
	c.WriteString("return 0; }\n")
	dir := t.TempDir()
	source, program := filepath.Join(dir, "layout.c"), filepath.Join(dir, "layout")
	if err := os.WriteFile(source, []byte(c.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		t.Errorf("C has\n%s\nGo has\n%s", got, want.String())
	}
}
