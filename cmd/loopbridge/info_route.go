package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/loopbridge/loopbridge/api"
)

const routePrefix = "route/"

// routeOf returns what a route does, or nil if the name is not one of a route.
func routeOf(ctx context.Context, e *env, name string) (*api.Route, error) {
	route, is := strings.CutPrefix(name, routePrefix)
	if !is {
		return nil, nil
	}
	r, err := e.control().Route(ctx, route)
	return &r, err
}

// writeRoute prints what a route does, a line for each value that is known, as "route.clock.ppm=0.02". They have the
// names of the API, and none can be set.
func writeRoute(w io.Writer, r *api.Route, valuesOnly bool) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFlat(w, json.NewDecoder(strings.NewReader(string(raw))), "route", valuesOnly)
}

// writeFlat prints a JSON value in lines, those of an object below its name.
func writeFlat(w io.Writer, d *json.Decoder, name string, valuesOnly bool) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if err := writeFlat(w, d, fmt.Sprintf("%s.%s", name, key), valuesOnly); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case nil:
	default:
		if !valuesOnly {
			fmt.Fprintf(w, "%s=", name)
		}
		_, err = fmt.Fprintln(w, t)
	}
	return err
}
