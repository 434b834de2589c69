package metrics

import "github.com/loopbridge/loopbridge/history"

// addPlaces shows the last ten seconds of what is measured all the time.
func addPlaces(p *page, places []history.Place) {
	peak := p.gauge("place_peak_dbfs", "The highest peak of any channel of a place that is measured all the time, in the last 10 s. Missing in silence.")
	loudness := p.gauge("place_loudness_lufs", "The highest short-term loudness of such a place, in the last 10 s. Missing in silence.")
	for i := range places {
		of := label("place", places[i].Place)
		addLast(peak, places[i].Peak, of)
		addLast(loudness, places[i].Loudness, of)
	}
}

func addLast(to family, values []int16, of labels) {
	if n := len(values); n > 0 && values[n-1] != history.Unknown {
		to.add(float64(values[n-1])/100, of)
	}
}
