package api

// LiveRequest is what a viewer of /v1/live asks for. What is set replaces what it asked for before; what is not goes on.
type LiveRequest struct {
	Meters *LiveMeters `json:"meters,omitempty"`
	Events *bool       `json:"events,omitempty"`
	Reset  bool        `json:"reset,omitempty"` // loudness and maxima of its own meters begin anew
}

// LiveMeters are the meters that a viewer watches.
type LiveMeters struct {
	Places []string `json:"places"`         // in the order of the answers, as main:play, loop0/client or route/mic
	Want   []string `json:"want,omitempty"` // levels, true_peak, loudness; nothing: levels
	Every  int      `json:"every,omitempty"`
	// Own meters belong to this viewer: loudness is that since it asked, and it may reset them. Others are shared.
	Own bool `json:"own,omitempty"`
}

// LiveMessage is what a viewer is told: one of its fields.
type LiveMessage struct {
	Hello  *Version     `json:"hello,omitempty"`  // the daemon, at first
	Meters []*LiveMeter `json:"meters,omitempty"` // in the order of the places; null: nothing can be heard there
	Event  *Event       `json:"event,omitempty"`
	Error  string       `json:"error,omitempty"` // why a request was refused
}

// LiveMeter is what a place sounded like since the message before. Keys are short: there are many, twenty times a second.
// Levels are in hundredths of a dB or LU by channel; nil is silence, or not enough sound yet.
type LiveMeter struct {
	Peak        []*int `json:"p"`
	RMS         []*int `json:"r"`
	TruePeak    []*int `json:"t,omitempty"`
	DC          []int  `json:"d,omitempty"` // in millionths of full scale; nothing: none
	Correlation []*int `json:"c,omitempty"` // of channels 1 and 2, 3 and 4, …, in hundredths; nil where one of both is silent
	Clipped     uint64 `json:"n,omitempty"` // samples
	Silence     uint64 `json:"q,omitempty"` // ms since any channel was louder than -60 dBFS

	Momentary  *int `json:"m,omitempty"` // LUFS
	ShortTerm  *int `json:"s,omitempty"`
	Integrated *int `json:"i,omitempty"`
	Range      *int `json:"u,omitempty"`
}

// ListenFormat says what the frames of /v1/listen that follow are.
type ListenFormat struct {
	Rate     int `json:"rate"`     // frames per second; 0: nothing can be heard for now
	Channels int `json:"channels"` // of the place; two of them are sent
}

// Session says what a browser may do.
type Session struct {
	Known bool `json:"known"` // it may change things
	Open  bool `json:"open"`  // everybody may read
}
