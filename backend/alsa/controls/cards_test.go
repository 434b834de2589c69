package controls

import (
	"slices"

	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// The cards that QEMU emulates, and others, by the controls that the kernel's drivers make.

// cardHDAMicro: generic HDA codec, one speaker, one microphone.
func cardHDAMicro() []Element {
	return slices.Concat(
		volume(2, 74, dB(-7400, 100, false), "Master Playback Volume"), toggle(2, "Master Playback Switch"),
		volume(2, 74, dB(-7400, 100, false), "Capture Volume"), toggle(2, "Capture Switch"),
		jacks("Mic Phantom Jack", "Speaker Phantom Jack"),
	)
}

// cardHDADuplex: as a second codec, whose names begin at index 10.
func cardHDADuplex() []Element {
	return slices.Concat(cardHDAMicro(),
		volume(2, 74, dB(-7400, 100, false), "Master Playback Volume,10"), toggle(2, "Master Playback Switch,10"),
		volume(2, 74, dB(-7400, 100, false), "Capture Volume,10"), toggle(2, "Capture Switch,10"),
		jacks("Line Out Phantom Jack", "Line Phantom Jack"),
	)
}

// cardLaptop: a real HDA codec with pins that have jacks.
func cardLaptop() []Element {
	loop := dB(-3450, 150, false)
	return slices.Concat(
		volume(2, 87, dB(-6525, 75, false), "Speaker Playback Volume", "Headphone Playback Volume"),
		toggle(2, "Speaker Playback Switch", "Headphone Playback Switch"),
		choice(1, "Loopback Mixing", "Disabled", "Enabled"),
		volume(2, 31, loop, "Mic Playback Volume", "Internal Mic Playback Volume", "Line Playback Volume"),
		toggle(2, "Mic Playback Switch", "Internal Mic Playback Switch", "Line Playback Switch"),
		choice(1, "Auto-Mute Mode", "Disabled", "Enabled"),
		choice(1, "Input Source", "Internal Mic", "Mic", "Line"),
		volume(2, 63, dB(-1725, 75, false), "Capture Volume"), toggle(2, "Capture Switch"),
		volume(2, 3, dB(0, 1000, false), "Mic Boost Volume", "Internal Mic Boost Volume"),
		volume(1, 87, dB(-6525, 75, true), "Master Playback Volume"), toggle(1, "Master Playback Switch"),
		toggle(1, "IEC958 Playback Switch"), volume(2, 255, []uint32{tlvMinMaxMute, 8, uint32(0xffffffff - 5099), 0}, "PCM Playback Volume"),
		jacks("Mic Jack", "Line Jack", "Headphone Jack", "Internal Mic Phantom Jack", "Speaker Phantom Jack", "HDMI/DP,pcm=3 Jack"),
	)
}

// cardSigmaTel: what intel8x0 finds of the codec that QEMU emulates.
func cardSigmaTel() []Element {
	return slices.Concat(toggle(1, "Master Playback Switch", "PCM Playback Switch"),
		volume(2, 63, dB(-9450, 150, false), "Master Playback Volume"), volume(2, 31, dB(-3450, 150, false), "PCM Playback Volume"),
		choice(2, "Capture Source", "Mic", "CD", "Video", "Aux", "Line", "Mix", "Mix Mono", "Phone"),
		toggle(1, "Capture Switch"), volume(2, 15, dB(0, 150, false), "Capture Volume"), volume(1, 3, nil, "3D Control Sigmatel - Depth"))
}

// cardAC97: intel8x0 with a codec that has headphones beside its master.
func cardAC97() []Element {
	playback, input := dB(-4650, 150, false), dB(-3450, 150, false)
	return slices.Concat(
		toggle(1, "Master Playback Switch"), volume(2, 31, playback, "Master Playback Volume"),
		toggle(1, "Headphone Playback Switch"), volume(2, 31, playback, "Headphone Playback Volume"),
		toggle(1, "Master Mono Playback Switch"), volume(1, 31, playback, "Master Mono Playback Volume"),
		toggle(1, "Beep Playback Switch"), volume(1, 15, dB(-4500, 300, false), "Beep Playback Volume"),
		toggle(1, "Phone Playback Switch", "Mic Playback Switch", "Line Playback Switch", "CD Playback Switch", "Video Playback Switch", "Aux Playback Switch", "PCM Playback Switch"),
		volume(1, 31, input, "Phone Playback Volume", "Mic Playback Volume"),
		volume(2, 31, input, "Line Playback Volume", "CD Playback Volume", "Video Playback Volume", "Aux Playback Volume", "PCM Playback Volume"),
		toggle(1, "Mic Boost (+20dB)", "Capture Switch", "External Amplifier"),
		choice(2, "Capture Source", "Mic", "CD", "Video", "Aux", "Line", "Mix", "Mix Mono", "Phone"),
		volume(2, 15, dB(0, 150, false), "Capture Volume"),
		choice(1, "Mono Output Select", "Mix", "Mic"), choice(1, "Mic Select", "Mic1", "Mic2"),
	)
}

// cardES1370: ens1370 with its AK4531, which has the scale of the master on its switch.
func cardES1370() []Element {
	input := dB(-5000, 200, false)
	scaledSwitch := toggle(2, "Master Playback Switch")
	scaledSwitch[0].tlv = dB(-6200, 200, false)
	return slices.Concat(
		scaledSwitch, volume(2, 31, nil, "Master Playback Volume"),
		toggle(1, "Master Mono Playback Switch"), volume(1, 7, nil, "Master Mono Playback Volume"),
		toggle(2, "PCM Switch", "PCM Playback Switch", "PCM Capture Switch", "PCM Switch,1", "PCM Playback Switch,1"), toggle(4, "PCM Capture Route,1"),
		volume(2, 31, input, "PCM Volume", "PCM Volume,1", "CD Volume", "Line Volume", "Aux Volume"),
		toggle(2, "CD Switch", "CD Playback Switch", "Line Switch", "Line Playback Switch", "Aux Switch", "Aux Playback Switch"),
		toggle(4, "CD Capture Route", "Line Capture Route", "Aux Capture Route"),
		toggle(1, "Mono Switch", "Mono Playback Switch", "Mono Switch,1", "Mono Playback Switch,1"), toggle(2, "Mono Capture Switch", "Mono Capture Switch,1"),
		volume(1, 31, input, "Mono Volume", "Mono Volume,1", "Mic Volume"),
		toggle(1, "Mic Switch", "Mic Playback Switch"),
		toggle(2, "Mic Capture Switch", "Mic Bypass Capture Switch", "Mono1 Bypass Capture Switch", "Mono2 Bypass Capture Switch"),
		toggle(1, "AD Input Select", "Mic Boost (+30dB)"), ofCard(toggle(1, "PCM 0 Output also on Line-In Jack", "Mic +5V bias")),
	)
}

// cardUSB: the one that QEMU emulates, which only plays. The names are its maker's.
func cardUSB() []Element {
	return slices.Concat(toggle(1, "Audio Output Volume Control Playback Switch"),
		volume(2, 256, []uint32{tlvMinMax, 8, uint32(0xffffffff - 12798), 800}, "Audio Output Volume Control Playback Volume"))
}

// cardUSBInterface: unnamed units, an input that can be heard, and a source.
func cardUSBInterface() []Element {
	return slices.Concat(toggle(1, "PCM Playback Switch", "Mic Playback Switch", "PCM Capture Switch"),
		volume(2, 255, []uint32{tlvMinMax, 8, uint32(0xffffffff - 12699), 0}, "PCM Playback Volume", "Mic Playback Volume", "PCM Capture Volume"),
		choice(1, "PCM Capture Source", "Mic", "Line", "IEC958 In", "Mixer"))
}

// cardHeadset: a USB headset, without a scale on its microphone.
func cardHeadset() []Element {
	return slices.Concat(
		toggle(1, "Headset Playback Switch"), volume(2, 37, []uint32{tlvMinMaxMute, 8, uint32(0xffffffff - 3699), 0}, "Headset Playback Volume"),
		toggle(1, "Headset Capture Switch"), volume(1, 35, nil, "Headset Capture Volume"), toggle(1, "Auto Gain Control"),
	)
}

// cardDummy: snd-dummy.
func cardDummy() []Element {
	list := volume(2, 100, dB(-4500, 30, false), "Master Volume", "Synth Volume", "Line Volume", "Mic Volume", "CD Volume")
	for i := range list {
		list[i].Min = -50
	}
	return slices.Concat(list, toggle(2, "Master Capture Switch", "Synth Capture Switch", "Line Capture Switch", "Mic Capture Switch", "CD Capture Switch"))
}

// cardLoopback: snd-aloop has controls of its PCMs only.
func cardLoopback() []Element {
	list := slices.Concat(volume(1, 120000, nil, "PCM Rate Shift 100000"), toggle(1, "PCM Notify"))
	for i := range list {
		list[i].ID.Interface = 3
	}
	return list
}

// ofCard makes elements that belong to the card, as jacks do.
func ofCard(list []Element) []Element {
	for i := range list {
		list[i].ID.Interface = abi.CardElem
	}
	return list
}
