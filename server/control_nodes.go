package server

import (
	"net/http"

	"github.com/loopbridge/loopbridge/api"
)

// Nodes shows the device nodes. Its method is called from any goroutine.
type Nodes interface {
	// Nodes returns all nodes by path.
	Nodes() []api.Node
}

func (c *Control) listNodes(w http.ResponseWriter, _ *http.Request) {
	all := api.Nodes{Nodes: []api.Node{}}
	if c.Nodes != nil {
		all.Nodes = append(all.Nodes, c.Nodes.Nodes()...)
	}
	answer(w, http.StatusOK, all)
}
