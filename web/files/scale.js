// The scale of meters.

// Deflection in per cent over dB, as IEC 60268-18 draws it: the upper 20 dB have half of the scale.
const knots = [[-70, 0], [-60, 2.5], [-50, 7.5], [-40, 15], [-30, 30], [-20, 50], [0, 100]];

/** deflection is where a level stands, from 0 to 1. */
export function deflection(dB) {
  if (!(dB > -70)) return 0;
  for (let i = 1; i < knots.length; i++) {
    const [right, high] = knots[i];
    const [left, low] = knots[i - 1];
    if (dB <= right) return (low + ((dB - left) * (high - low)) / (right - left)) / 100;
  }
  return 1;
}

/** marks are the levels that have a line and a number. */
export const marks = [-60, -40, -30, -20, -10, -5, 0];

/** Where a level is high, and where it is about to clip, in dBFS: EBU R 68 lets programmes peak at -9. */
export const high = -9;
export const critical = -1;
