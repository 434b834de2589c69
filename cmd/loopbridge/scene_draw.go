package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// drawWidth is how many columns a drawing has at most.
const drawWidth = 100

// draw prints each device and loop with what goes in (◀─) and out (─▶) at each of its ends. The state of a
// route stands where the route begins.
func (s *scene) draw(w io.Writer) error {
	var b strings.Builder
	for i, n := range s.nodes {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(fitting(fmt.Sprintf("%s (%s)", n.name, n.about)) + "\n")
		for j, end := range n.ends {
			branch, below := " ├─ ", " │  "
			if j == len(n.ends)-1 {
				branch, below = " └─ ", "    "
			}
			flows := s.flows(&n, &end)
			if len(flows) == 0 {
				flows = []string{"·"}
			}
			for k, flow := range flows {
				label := fmt.Sprintf("%s%-6s ", branch, end.name)
				if k > 0 {
					label = fmt.Sprintf("%s%-6s ", below, "")
				}
				b.WriteString(fitting(label+flow) + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// flows returns what goes out at an end, and what comes in: routes by name, then programs.
func (s *scene) flows(n *node, end *nodeEnd) (all []string) {
	here := n.name + "/" + end.name
	for _, r := range s.routes {
		if r.from == here {
			all = append(all, fmt.Sprintf("─▶ [%s] ─▶ %s   %s", r.Name, r.to, cordText(&r)))
		}
	}
	for _, r := range s.routes {
		if r.to == here {
			all = append(all, fmt.Sprintf("◀─ [%s] ◀─ %s", r.Name, r.from))
		}
	}
	for _, p := range end.programs {
		arrow, on := "◀─ ", ""
		if p.reads {
			arrow = "─▶ "
		}
		if p.loop != "" {
			on = " on " + p.loop
		}
		all = append(all, arrow+p.name+on)
	}
	return all
}

// cordText says how a route is, with its figures.
func cordText(r *cord) string {
	text := report.Route(&r.Route)
	if k := r.Clock; k != nil && k.PPM != nil {
		text += fmt.Sprintf(", %+.2f ppm, %.2f ms", *k.PPM, *k.Latency)
	}
	switch {
	case r.Mute:
		text += ", muted"
	case r.Gain != 255:
		text += fmt.Sprintf(", gain %d", r.Gain)
	}
	return text
}

// fitting cuts a line that is wider than a drawing.
func fitting(line string) string {
	if utf8.RuneCountInString(line) <= drawWidth {
		return line
	}
	return string([]rune(line)[:drawWidth-1]) + "…"
}

// dot prints the scene in the language of Graphviz.
func (s *scene) dot(w io.Writer) error {
	var b strings.Builder
	b.WriteString("digraph loopbridge {\n\trankdir=LR;\n\tnode [shape=box];\n")
	programs := map[string]bool{}
	for i, n := range s.nodes {
		fmt.Fprintf(&b, "\tsubgraph cluster_%d {\n\t\tlabel=%s;\n", i, dotText(n.name, n.about))
		for _, end := range n.ends {
			fmt.Fprintf(&b, "\t\t%s [label=%s];\n", dotText(n.name+"/"+end.name), dotText(end.name))
		}
		b.WriteString("\t}\n")
		for _, end := range n.ends {
			for _, p := range end.programs {
				if !programs[p.name] {
					programs[p.name] = true
					fmt.Fprintf(&b, "\t%s [shape=ellipse];\n", dotText(p.name))
				}
				from, to := p.name, n.name+"/"+end.name
				if p.reads {
					from, to = to, from
				}
				fmt.Fprintf(&b, "\t%s -> %s [label=%s];\n", dotText(from), dotText(to), dotText(p.loop))
			}
		}
	}
	s.dotLoops(&b)
	for _, r := range s.routes {
		style := "solid"
		if r.State == "waiting" {
			style = "dashed"
		}
		fmt.Fprintf(&b, "\t%s -> %s [label=%s, style=%s];\n", dotText(r.from), dotText(r.to), dotText(r.Name, cordText(&r)), style)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// dotLoops prints which way each loop goes. It has none while no program holds its server end.
func (s *scene) dotLoops(b *strings.Builder) {
	for _, n := range s.nodes {
		if len(n.ends) < 2 || n.ends[0].name != "server" {
			continue
		}
		server, client, way := n.name+"/server", n.name+"/client", "none"
		for _, p := range n.ends[0].programs {
			if way = "forward"; p.reads {
				way = "back"
			}
		}
		for _, r := range s.routes {
			switch {
			case r.State == "waiting":
			case r.to == server || r.from == client:
				way = "forward"
			case r.from == server || r.to == client:
				way = "back"
			}
		}
		fmt.Fprintf(b, "\t%s -> %s [style=dotted, dir=%s];\n", dotText(server), dotText(client), way)
	}
}

// dotText returns lines as a string of Graphviz.
func dotText(lines ...string) string {
	for i, line := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(line)
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
