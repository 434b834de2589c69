package api

// Nodes is the list of device nodes.
type Nodes struct {
	Nodes []Node `json:"nodes"`
}

// Node is a device file for a loop or a device.
type Node struct {
	Path    string       `json:"path"`    // "/dev/loopbridge/loop0"
	Kind    string       `json:"kind"`    // loop, audio, audioctl or mixer
	Of      string       `json:"of"`      // the loop or the device
	End     string       `json:"end"`     // of a loop: server or client; else ""
	Problem string       `json:"problem"` // why it is not there; "": it is
	Holders []NodeHolder `json:"holders"` // open files
}

// NodeHolder is a program that has a node open.
type NodeHolder struct {
	PID       int    `json:"pid"` // 0: it is in a namespace without a number here
	UID       int    `json:"uid"`
	Program   string `json:"program"`
	Direction string `json:"direction"` // read, write or read+write, as it was opened
}
