package api

import "github.com/loopbridge/loopbridge/audio"

// Recorder is the status of a recorder. Counts are since it was added.
type Recorder struct {
	Name    string `json:"name"`
	Of      string `json:"of"`      // place, as it was given
	Path    string `json:"path"`    // of its segments, with {name}, {time} and {n}
	Kind    string `json:"kind"`    // of the files: wav or flac
	Trigger string `json:"trigger"` // what it waits for; "": nothing
	State   string `json:"state"`   // stopped, armed, recording, waiting or failing
	Error   string `json:"error"`   // why it fails, or why there is nothing to hear; "": nothing is wrong

	Format   *audio.Format `json:"format"`   // of the frames that are written; nil: not known yet
	File     string        `json:"file"`     // that is being written; "": none
	Position int64         `json:"position"` // frames in it
	Seconds  float64       `json:"seconds"`  // since it was begun

	Frames   uint64 `json:"frames"`   // written
	Bytes    uint64 `json:"bytes"`    // of all segments
	Segments uint64 `json:"segments"` // begun
	Gaps     uint64 `json:"gaps"`     // times that frames were lost
	Missing  uint64 `json:"missing"`  // frames that were lost
	Silent   uint64 `json:"silent"`   // frames of silence that were written for what was missing or not there
	Removed  uint64 `json:"removed"`  // segments that were removed, as they were too old or too many

	Queued  uint64  `json:"queued"`  // frames that are in no file yet
	Room    uint64  `json:"room"`    // frames that can wait, pre-roll included
	Memory  uint64  `json:"memory"`  // bytes that these take
	Free    uint64  `json:"free"`    // bytes on the disk; 0: not known
	Lasts   float64 `json:"lasts"`   // seconds until the disk is full, if nobody else writes; 0: not known
	Preroll float64 `json:"preroll"` // seconds
}

// Recorders is the list of recorders by name.
type Recorders struct {
	Recorders []Recorder `json:"recorders"`
}

// Mark is a text at the newest frame of a recorder.
type Mark struct {
	Text string `json:"text"`
}
