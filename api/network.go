package api

import "time"

// Streams are those that others announce on the network (SAP), by name.
type Streams struct {
	Listens bool     `json:"listens"` // false: the configuration does not say discover = true
	Streams []Stream `json:"streams"`
}

// Stream is one that somebody announces.
type Stream struct {
	Name      string    `json:"name"` // others may have the same
	Info      string    `json:"info"`
	Addresses []string  `json:"addresses"` // where its packets go, address and port: one path, or two that carry the same
	Payload   string    `json:"payload"`   // L16, L24, PCMU or PCMA
	Rate      int       `json:"rate"`
	Channels  int       `json:"channels"`
	Positions string    `json:"positions"` // of the channels, as "FL FR"; "": not said
	Packet    float64   `json:"packet_ms"` // of sound in a packet; 0: not said
	Level     string    `json:"level"`     // of SMPTE ST 2110-30, such as A; "": none
	Encrypted bool      `json:"encrypted"`
	Sender    string    `json:"sender"` // the address of who announces it
	Since     time.Time `json:"since"`
	Last      time.Time `json:"last"` // when it was last announced
	SDP       string    `json:"sdp"`
}

// Network is what a device of the network has seen since its stream was opened.
type Network struct {
	Receives bool `json:"receives"`
	Sends    bool `json:"sends"`

	Packets    uint64        `json:"packets"` // received, without duplicates
	Lost       uint64        `json:"lost"`    // packets that never came, in no path
	Late       uint64        `json:"late"`    // packets that came after their frames were due
	Reordered  uint64        `json:"reordered"`
	Duplicates uint64        `json:"duplicates"`
	Recovered  uint64        `json:"recovered"` // packets that one path lost and the other brought
	Refused    uint64        `json:"refused"`   // datagrams that are none of the stream
	Concealed  uint64        `json:"concealed_frames"`
	Restarts   uint64        `json:"restarts"` // how often the sender began anew
	Paths      []NetworkPath `json:"paths"`

	Sent   uint64 `json:"sent"`   // packets, in each path
	Failed uint64 `json:"failed"` // packets that the network did not take

	FarLost   uint64  `json:"far_lost"`      // packets, as the far end says (RTCP)
	RoundTrip float64 `json:"round_trip_ms"` // to the far end and back, by RTCP; 0: not known

	Jitter    float64 `json:"jitter_ms"` // as RFC 3550 defines it
	Latency   float64 `json:"latency_ms"`
	Target    float64 `json:"target_ms"` // the latency that is wanted
	Sender    string  `json:"sender"`    // address and port of who sends now; "": nobody yet
	SSRC      uint32  `json:"ssrc"`
	Reference string  `json:"reference"` // the clock that the stream follows, for people
}

// NetworkPath is what one of the ways of a stream has carried.
type NetworkPath struct {
	To      string `json:"to"`
	Packets uint64 `json:"packets"`
	Lost    uint64 `json:"lost"`
}
