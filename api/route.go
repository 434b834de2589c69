package api

// Route is the status of a route.
type Route struct {
	Name     string `json:"name"`
	From     string `json:"from"`      // place, as it was given
	To       string `json:"to"`        // place
	State    string `json:"state"`     // waiting, silent or flowing
	WaitsFor string `json:"waits_for"` // the end that is not open yet; "": none
	Error    string `json:"error"`     // why an end could not be opened, the last time; "": it could
	Gain     int    `json:"gain"`      // 0..255, 255 is unity
	Balance  int    `json:"balance"`   // 0..64, 32 is the middle
	Mute     bool   `json:"mute"`
	Pause    bool   `json:"pause"`
	Frames   uint64 `json:"frames"`  // that went to the sink while sound flowed
	Missing  uint64 `json:"missing"` // frames of silence among them, as the source was late

	Drift    string `json:"drift"`    // auto, resample, pitch or none
	Quality  string `json:"quality"`  // of the resampler: fast, good or best
	Channels string `json:"channels"` // as "1,2 -> 3,4"; "": as for a client with another format
	Feedback bool   `json:"feedback"` // it may close a cycle

	Actuator string      `json:"actuator"` // what follows the clocks: resample, pitch or none
	Pitch    *RoutePitch `json:"pitch"`    // nil: no clock is moved
	NoPitch  string      `json:"no_pitch"` // why, although one could be: its control has failed, or another route has it; "": as it should be

	Clock *RouteClock `json:"clock"` // nil: it follows no clocks, as both ends have the same, or waits
}

// RoutePitch says which clock a route moves.
type RoutePitch struct {
	Device string  `json:"device"`
	PPM    float64 `json:"ppm"` // by how much it is made faster now, in parts per million
}

// RouteClock says how a route follows two clocks. A value is nil while it is not known: nothing of the
// ratio and the latency is while the route is lost, and the last three only if it is locked.
type RouteClock struct {
	State   string   `json:"state"`        // lost, acquiring or locked
	PPM     *float64 `json:"ppm"`          // by how much the source is faster than the sink, in parts per million; by itself, if one is moved
	Ratio   *float64 `json:"ratio"`        // frames of the source for one of the sink, relative to nominal
	Error   *float64 `json:"error_frames"` // latency beyond the target, in frames of the source
	Latency *float64 `json:"latency_ms"`   // between the places, without what cards hold
	Target  float64  `json:"target_ms"`    // the latency that is wanted
	Resyncs uint64   `json:"resyncs"`      // how often sound was lost and moved
	Reason  string   `json:"reason"`       // of the last loss; "": there was none
	Least   *float64 `json:"least_ms"`     // latency since it is locked
	Most    *float64 `json:"most_ms"`      // latency since it is locked
	Locked  *float64 `json:"locked_s"`     // for how long it is locked
}

// Routes is a list of routes, by name.
type Routes struct {
	Routes []Route `json:"routes"`
}
