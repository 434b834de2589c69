package card

import (
	"io/fs"
	"testing/fstest"
)

// fakeRoot is a machine with many cards, as the kernel shows them.
func fakeRoot() fstest.MapFS {
	root := fstest.MapFS{}
	file := func(name, text string) { root[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o444} }
	link := func(name, to string) { root[name] = &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink} }
	file("proc/asound/cards", ` 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7c30000 irq 32
 1 [Device         ]: USB-Audio - USB Audio Device
                      C-Media Electronics Inc. USB Audio Device at usb-0000:00:14.0-3, full speed
 2 [Device_1       ]: USB-Audio - USB Audio Device
                      C-Media Electronics Inc. USB Audio Device at usb-0000:00:14.0-4.1, full speed
 3 [I82801AAICH    ]: ICH - Intel 82801AA-ICH
                      Intel 82801AA-ICH with STAC9700,83,84 at irq 11
 4 [AudioPCI       ]: ENS1370 - Ensoniq AudioPCI
                      Ensoniq AudioPCI ENS1370 at 0xc100, irq 10
 5 [sndrpihifiberry]: simple-card - snd_rpi_hifiberry
                      snd_rpi_hifiberry
10 [Loopback       ]: Loopback - Loopback
                      Loopback 1
11 [Dummy          ]: Dummy - Dummy
                      Dummy 1
12 [DAC            ]: USB-Audio - DAC - one : two
                      ACME DAC - one : two at usb-0000:00:14.0-5, high speed
`)
	file("proc/asound/pcm", `00-00: ALC892 Analog : ALC892 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
00-02: ALC892 Alt Analog : ALC892 Alt Analog : capture 2
01-00: USB Audio : USB Audio : playback 1 : capture 1
02-00: USB Audio : USB Audio : playback 1 : capture 1
03-00: Intel ICH : Intel 82801AA-ICH : playback 1 : capture 1
03-01: Intel ICH - MIC ADC : Intel 82801AA-ICH - MIC ADC : capture 1
04-00: ES1370/1 : ES1370 DAC2/ADC : playback 1 : capture 1
04-01: ES1370/2 : ES1370 DAC1 : playback 1
05-00: HifiBerry DAC HiFi pcm5102a-hifi-0 : HifiBerry DAC HiFi pcm5102a-hifi-0 : playback 1
10-00: Loopback PCM : Loopback PCM : playback 8 : capture 8
10-01: Loopback PCM : Loopback PCM : playback 8 : capture 8
11-00: Dummy PCM : Dummy PCM : playback 8 : capture 8
12-00: USB Audio : USB Audio : playback 1
`)
	file("proc/asound/card0/pcm0p/sub0/status", "state: RUNNING\nowner_pid   : 1240\ntrigger_time: 1.5\n")
	file("proc/asound/card0/pcm0c/sub0/status", "closed\n")
	file("proc/asound/card0/pcm2c/sub1/status", "state: SUSPENDED\nowner_pid   : 99\n")
	file("proc/1234/comm", "aplay\n")
	file("proc/1240/comm", "alsa-sink\n") // a thread of it
	file("proc/1240/status", "Name:\talsa-sink\nTgid:\t1234\nPid:\t1240\n")

	card := func(name, device string) {
		link("sys/class/sound/"+name, "../../devices/"+device+"/sound/"+name)
		file("sys/devices/"+device+"/sound/"+name+"/id", "x\n")
		link("sys/devices/"+device+"/sound/"+name+"/subsystem", "../../class/sound")
	}
	of := func(bus string, devices ...string) {
		for _, d := range devices {
			link("sys/devices/"+d+"/subsystem", "/sys/bus/"+bus)
		}
	}
	of("pci", "pci0000:00/0000:00:1f.3", "pci0000:00/0000:00:14.0", "pci0000:00/0000:00:1e.0", "pci0000:00/0000:00:1e.0/0000:05:01.0", "pci0000:00/0000:00:05.0")
	card("card0", "pci0000:00/0000:00:1f.3")
	card("card3", "pci0000:00/0000:00:05.0")
	card("card4", "pci0000:00/0000:00:1e.0/0000:05:01.0") // behind a bridge
	of("platform", "platform/soc/soc:sound", "platform/snd_aloop.0", "platform/snd_dummy.0")
	card("card5", "platform/soc/soc:sound")
	card("card10", "platform/snd_aloop.0")
	card("card11", "platform/snd_dummy.0")

	const hub = "pci0000:00/0000:00:14.0/usb1"
	of("usb", hub, hub+"/1-3", hub+"/1-3/1-3:1.0", hub+"/1-4", hub+"/1-4/1-4.1", hub+"/1-4/1-4.1/1-4.1:1.0", hub+"/1-5", hub+"/1-5/1-5:1.1")
	for _, d := range []string{hub + "/1-3", hub + "/1-4/1-4.1"} {
		file("sys/devices/"+d+"/idVendor", "0d8c\n")
		file("sys/devices/"+d+"/idProduct", "0014\n")
	}
	file("sys/devices/"+hub+"/idVendor", "1d6b\n") // of the root hub
	file("sys/devices/"+hub+"/1-5/idVendor", "1234\n")
	file("sys/devices/"+hub+"/1-5/idProduct", "abcd\n")
	file("sys/devices/"+hub+"/1-5/serial", "A:7,b\n")
	card("card1", hub+"/1-3/1-3:1.0")
	card("card2", hub+"/1-4/1-4.1/1-4.1:1.0") // in another hub
	card("card12", hub+"/1-5/1-5:1.1")
	return root
}
