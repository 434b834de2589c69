package metering

import "math"

const (
	floor      = -70.0 // LUFS: the absolute gate
	perLU      = 20    // bins
	bins       = 100 * perLU
	blockGate  = -10 // LU below the mean of what is louder than floor, for integrated loudness
	rangeGate  = -20 // and for the range
	lowestPart = 0.10
	upmostPart = 0.95
)

// histogram counts blocks by loudness, from floor on; what is beyond its end is in the last bin. Each bin also knows the
// sum of the powers in it.
type histogram struct {
	counts []uint64
	powers []float64
	count  uint64 // of all
	power  float64
	top    int // the highest bin that has some

	known  bool    // result is that of what is counted
	result float64 // of the last question: each histogram is asked one alone
}

func newHistogram() *histogram {
	return &histogram{counts: make([]uint64, bins), powers: make([]float64, bins)}
}

func (h *histogram) clear() {
	clear(h.counts)
	clear(h.powers)
	h.count, h.power, h.top, h.known = 0, 0, 0, false
}

// bin returns where a loudness belongs; below floor, less than 0.
func bin(lufs float64) int { return int(min(bins-1, max(-1, math.Floor((lufs-floor)*perLU)))) }

// add counts a block.
func (h *histogram) add(power float64) {
	i := bin(lufs(power))
	if i < 0 {
		return
	}
	h.counts[i]++
	h.powers[i] += power
	h.count++
	h.power += power
	h.top = max(h.top, i)
	h.known = false
}

// mean returns the power of a block in a bin.
func (h *histogram) mean(i int) float64 { return h.powers[i] / float64(h.counts[i]) }

// gate returns the lowest bin that is not more than gate LU below the mean of all, and how many blocks there are from
// there on. A bin is as loud as its mean. There must be blocks.
func (h *histogram) gate(gate float64) (from int, count uint64, power float64) {
	least := powerOf(lufs(h.power/float64(h.count)) + gate)
	from = max(0, bin(lufs(least)))
	for from < h.top && (h.counts[from] == 0 || h.mean(from) < least) {
		from++
	}
	for i := from; i <= h.top; i++ {
		count, power = count+h.counts[i], power+h.powers[i]
	}
	return from, count, power
}

// integrated returns the gated loudness in LUFS.
func (h *histogram) integrated() float64 {
	if !h.known {
		h.known, h.result = true, silence()
		if h.count > 0 {
			_, count, power := h.gate(blockGate)
			h.result = lufs(power / float64(count))
		}
	}
	return h.result
}

// spread returns the loudness range in LU.
func (h *histogram) spread() float64 {
	if !h.known {
		h.known, h.result = true, 0
		if h.count > 0 {
			from, count, _ := h.gate(rangeGate)
			h.result = lufs(h.part(from, count, upmostPart)) - lufs(h.part(from, count, lowestPart))
		}
	}
	return h.result
}

// part returns the power below which a part of the count blocks from a bin on are.
func (h *histogram) part(from int, count uint64, part float64) float64 {
	rank := uint64(math.Round(float64(count-1) * part))
	i := from
	for passed := h.counts[i]; passed <= rank; passed += h.counts[i] {
		i++
	}
	return h.mean(i)
}
