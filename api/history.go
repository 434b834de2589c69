package api

// History is what happened in the last hours. Lists have the oldest value first, and that of now last; nil is unknown.
type History struct {
	Seconds float64         `json:"seconds"` // from one value to the next
	Places  []PlaceHistory  `json:"places"`  // those that the configuration measures all the time
	Devices []DeviceHistory `json:"devices"`
}

// PlaceHistory is what a place sounded like.
type PlaceHistory struct {
	Place    string `json:"place"`
	Peak     []*int `json:"peak"`     // the highest, in hundredths of dBFS
	Loudness []*int `json:"loudness"` // the highest of 3 s, in hundredths of LUFS
}

// DeviceHistory is how a device did.
type DeviceHistory struct {
	Device string `json:"device"`
	Xruns  []*int `json:"xruns"` // the most in 10 s
	PPM    []*int `json:"ppm"`   // by how much its clock was faster than nominal, in tenths
}
