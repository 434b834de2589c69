package oss

// Mixer channels of OSS 3, the numbers of calls in group 'M', and masks of them.
const (
	MixVolume = 0
	MixPCM    = 4
	MixLine   = 6
	MixMic    = 7
	MixCD     = 8
	MixIn     = 9  // SOUND_MIXER_IMIX: what is recorded, as it is heard
	MixRecord = 11 // SOUND_MIXER_RECLEV
	MixGain   = 12 // SOUND_MIXER_IGAIN

	MixStereo     = 0xFB
	MixCaps       = 0xFC
	MixRecordable = 0xFD
	MixDevices    = 0xFE
	MixRecording  = 0xFF // SOUND_MIXER_RECSRC
)

// Mixer returns the channel, or the mask, of a call to the mixer of OSS 3.
func (o Op) Mixer() (channel int, ok bool) {
	channel = int(o & 0xFF)
	switch channel {
	case MixVolume, MixPCM, MixLine, MixMic, MixCD, MixIn, MixRecord, MixGain, MixCaps, MixRecordable, MixDevices, MixRecording, MixStereo:
		return channel, o>>8 == 'M'
	}
	return channel, false
}

// PutMixer writes mixer_info, or the older one without the count of changes, which is shorter.
func PutMixer(out []byte, id, name string, changes int) {
	clear(out)
	PutText(out[:16], id)
	PutText(out[16:48], name)
	if len(out) > oldMixerBytes {
		PutInt(out[48:], changes)
	}
}
