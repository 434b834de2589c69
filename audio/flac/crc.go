package flac

// crcs are the tables of the check sums of frames: CRC-8 with the polynomial 0x07, CRC-16 with 0x8005, both from 0.
type crcs struct {
	eight   [256]uint8
	sixteen [4][256]uint16 // of a byte, and of one that 1, 2 and 3 others follow
}

func newCRCs() *crcs {
	c := &crcs{}
	for i := range 256 {
		a, b := uint8(i), uint16(i)<<8
		for range 8 {
			if a = a<<1 ^ 0x07*(a>>7); b>>15 == 1 {
				b = b<<1 ^ 0x8005
			} else {
				b <<= 1
			}
		}
		c.eight[i], c.sixteen[0][i] = a, b
	}
	for i := range 256 {
		for n := range 3 {
			before := c.sixteen[n][i]
			c.sixteen[n+1][i] = before<<8 ^ c.sixteen[0][before>>8]
		}
	}
	return c
}

func (c *crcs) of8(p []byte) (sum uint8) {
	for _, b := range p {
		sum = c.eight[sum^b]
	}
	return sum
}

func (c *crcs) of16(p []byte) (sum uint16) {
	for ; len(p) >= 4; p = p[4:] {
		sum = c.sixteen[3][uint8(sum>>8)^p[0]] ^ c.sixteen[2][uint8(sum)^p[1]] ^ c.sixteen[1][p[2]] ^ c.sixteen[0][p[3]]
	}
	for _, b := range p {
		sum = sum<<8 ^ c.sixteen[0][uint8(sum>>8)^b]
	}
	return sum
}
