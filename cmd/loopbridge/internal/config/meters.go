package config

import "github.com/loopbridge/loopbridge/audio"

// Meters returns the places that are measured all the time, as package tap writes them.
func (c *Config) Meters() (places []string) {
	for _, d := range c.Devices {
		for _, side := range audio.Directions() {
			if d.Meters && (side == audio.Play && d.Play || side == audio.Record && d.Record) {
				places = append(places, d.Name+":"+side.String())
			}
		}
	}
	for _, l := range c.Loops {
		if l.Meters {
			places = append(places, l.Name+"/client")
		}
	}
	for _, r := range c.Routes {
		if r.Meters {
			places = append(places, "route/"+r.Name)
		}
	}
	return places
}
