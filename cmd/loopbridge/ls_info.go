package main

import (
	"fmt"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

// loopInfo is an element of ls --json. Keys never change their meaning.
type loopInfo struct {
	Name   string `json:"name"`
	Device string `json:"device"`
	formatInfo
	State    string  `json:"state"`
	Waiting  uint32  `json:"waiting"`  // clients in the queue
	Clients  uint32  `json:"clients"`  // that hold the client end; client is the first
	Sessions uint64  `json:"sessions"` // so far
	Frames   uint64  `json:"frames"`   // moved, in all sessions
	Skipped  uint64  `json:"skipped_frames"`
	Server   endInfo `json:"server"`
	Client   endInfo `json:"client"`

	OnClientClose string `json:"on_client_close"` // what becomes of the server then: reset, hold or silence
	attached      bool   // a device is the server
}

// endInfo is one end; without Open all else is zero.
type endInfo struct {
	Open      bool   `json:"open"`
	Leaving   bool   `json:"leaving"` // its program has closed, its last frames are on their way
	State     string `json:"state"`
	Direction string `json:"direction"`
	Program   string `json:"program"`
	PID       uint32 `json:"pid"`
	UID       uint32 `json:"uid"`
	formatInfo
	Converted  bool   `json:"converted"` // its format is not the loop's
	Period     uint32 `json:"period"`    // frames
	Buffer     uint32 `json:"buffer"`    // frames
	Moved      uint64 `json:"frames"`
	Xruns      uint64 `json:"xruns"`
	XrunFrames uint64 `json:"xrun_frames"`
	Error      bool   `json:"error"`       // sticky: there was an xrun
	Bad        uint64 `json:"bad_samples"` // no numbers, or infinite: they became 0
	Paused     bool   `json:"paused"`
	Draining   bool   `json:"draining"` // its program waits for what it wrote to be taken
}

type formatInfo struct {
	Encoding string `json:"format"`
	Rate     int    `json:"rate"`
	Channels int    `json:"channels"`
	Stand    string `json:"positions"` // of the channels, as "FL FR FC LFE RL RR"; nothing where nobody has said
}

func infoOf(l *wire.Loop) loopInfo {
	return loopInfo{
		Name: wire.Text(l.Name[:]), Device: wire.Text(l.Device[:]), formatInfo: formatOf(l.Format), State: pairState(l),
		Waiting: l.Waiting, Clients: l.Clients, Sessions: l.Sessions, Frames: l.Frames, Skipped: l.Skipped,
		Server: endOf(&l.Server), Client: clientOf(l), OnClientClose: onClientClose(l), attached: l.Attached != 0,
	}
}

func onClientClose(l *wire.Loop) string {
	switch {
	case l.Server.Flags&wire.EndHolds != 0:
		return loop.Hold.String()
	case l.Server.Flags&wire.EndSilence != 0:
		return loop.Silence.String()
	}
	return loop.Reset.String()
}

// clientOf returns the end that is converted where its format is another than the loop's.
func clientOf(l *wire.Loop) endInfo {
	e := endOf(&l.Client)
	loop, client := l.Format.Audio(), l.Client.Format.Audio()
	e.Converted = e.Open && (!client.Alike(loop) || client.Positions.Known() && client.Positions != loop.Stand())
	return e
}

func endOf(e *wire.End) endInfo {
	if e.Flags&wire.EndOpen == 0 {
		return endInfo{State: "closed"}
	}
	return endInfo{
		Open: true, Leaving: e.Flags&wire.EndGone != 0, State: ring.State(e.State).String(), Direction: pcm.Direction(e.Direction).String(),
		Program: wire.Text(e.Program[:]), PID: e.PID, UID: e.UID, formatInfo: formatOf(e.Format),
		Period: e.Period, Buffer: e.Buffer, Moved: e.Moved, Xruns: e.Xruns, XrunFrames: e.XrunFrames, Error: e.Flags&wire.EndError != 0,
		Bad: e.Bad, Paused: e.Flags&wire.EndPaused != 0, Draining: e.Flags&wire.EndDraining != 0,
	}
}

func formatOf(w wire.Format) formatInfo {
	f := w.Audio()
	return formatInfo{Encoding: f.Encoding.String(), Rate: f.Rate, Channels: f.Channels, Stand: f.Positions.String()}
}

// String returns the format for a table.
func (f formatInfo) String() string {
	text := fmt.Sprintf("%s %d Hz %d ch", f.Encoding, f.Rate, f.Channels)
	if f.Stand != "" {
		text += " " + f.Stand
	}
	return text
}

// pairState sums up both ends in a word:
//
//	closed    no server holds the loop
//	idle      a server does, and has not begun to read or write
//	armed     it has, and sleeps until a client does too
//	paired    both ends are held, but not both have begun
//	running   frames move
//	draining  an end was closed, its last frames are on their way
//	ended     the session is over, and an end has not yet noticed
func pairState(l *wire.Loop) string {
	s, c := &l.Server, &l.Client
	server, client := s.Flags&wire.EndOpen != 0, c.Flags&wire.EndOpen != 0
	switch {
	case (s.Flags|c.Flags)&wire.EndGone != 0:
		return "draining"
	case !server && client, ring.State(s.State) == ring.Ended, ring.State(c.State) == ring.Ended:
		return "ended"
	case !server:
		return "closed"
	case ring.State(s.State) == ring.Running:
		return "running" // also alone, under on_client_close = "silence"
	case client:
		return "paired"
	}
	return ring.State(s.State).String() // idle, armed
}
