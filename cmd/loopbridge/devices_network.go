package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// writeNetworks prints the devices that are on a network.
func writeNetworks(out io.Writer, devices []deviceInfo) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	any := false
	for _, d := range devices {
		if d.Hardware == nil || d.Network == nil {
			continue
		}
		if !any {
			fmt.Fprintln(t, "\nNETWORK\tFROM\tLATENCY\tJITTER\tPACKETS\tLOST\tLATE\tRECOVERED\tSENT")
			any = true
		}
		n, from := d.Network, "-"
		if n.Sender != "" {
			from = console.Printable(n.Sender)
		}
		heard, sent := "-\t-\t-\t-\t-\t-", "-"
		if n.Receives {
			heard = fmt.Sprintf("%.2f ms\t%.2f ms\t%d\t%d\t%d\t%d", n.Latency, n.Jitter, n.Packets, n.Lost, n.Late, n.Recovered)
		}
		if n.Sends {
			sent = fmt.Sprint(n.Sent)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", d.Name, from, heard, sent)
	}
	return t.Flush()
}

// writeStreams prints what others announce on the network.
func writeStreams(out io.Writer, streams []api.Stream, now time.Time) error {
	if len(streams) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nANNOUNCED STREAM\tADDRESS\tFORMAT\tPACKET\tLEVEL\tSENDER\tFOR")
	for _, a := range streams {
		packet, level := "-", "-"
		if a.Packet > 0 {
			packet = fmt.Sprintf("%g ms", a.Packet)
		}
		if a.Level != "" {
			level = a.Level
		}
		format := fmt.Sprintf("%s %d Hz %d ch", a.Payload, a.Rate, a.Channels)
		if a.Encrypted {
			format += ", encrypted"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", console.Printable(a.Name), console.Printable(strings.Join(a.Addresses, " ")), format, packet, level,
			console.Printable(a.Sender), now.Sub(a.Since).Truncate(time.Second))
	}
	return t.Flush()
}

// writeNetwork prints what a device has seen of the network, a line for each value, as "network.lost=2", and one for each path. None
// can be set.
func writeNetwork(w io.Writer, n *api.Network, valuesOnly bool) error {
	one := *n
	one.Paths = nil
	raw, err := json.Marshal(one)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := writeFlat(w, d, "network", valuesOnly); err != nil {
		return err
	}
	for i, p := range n.Paths {
		if !valuesOnly {
			fmt.Fprintf(w, "network.path%d=", i+1)
		}
		fmt.Fprintf(w, "%s, %d packets, %d lost\n", console.Printable(p.To), p.Packets, p.Lost)
	}
	return nil
}
