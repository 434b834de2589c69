package web_test

import (
	"math"
	"testing"

	"github.com/chromedp/chromedp"
)

// simulation drives the player of player.js without a sound card, in time of its own: a daemon sends blocks of 480 frames of a
// tone of 1 kHz at half of full scale, whose clock is fast by some ppm, and may be late for a while.
const simulation = `
	globalThis.AudioWorkletProcessor = class { port = {postMessage: (m) => m.tapped && (tapped = m.tapped)}; };
	globalThis.registerProcessor = (_, made) => (Player = made);
	globalThis.sampleRate = outRate;
	globalThis.currentTime = 0;
	let Player, tapped = null;
	await import("/web/player.js?" + Math.random());
	const player = new Player();
	player.begin({rate: inRate});
	const left = new Float32Array(128), right = new Float32Array(128);
	let sent = 0, most = 0;
	for (let n = 0; n * 128 < seconds * outRate; n++) {
		globalThis.currentTime = (n * 128) / outRate;
		const late = currentTime > hiccup && currentTime < hiccup + 0.3;
		while (!late && sent + 480 <= currentTime * inRate * (1 + ppm / 1e6)) {
			const block = new Int16Array(960);
			for (let i = 0; i < 480; i++) block[2 * i] = block[2 * i + 1] = Math.round(16384 * Math.sin((2 * Math.PI * 1000 * (sent + i)) / inRate));
			player.hear(block);
			sent += 480;
		}
		most = Math.max(most, player.fill());
		if (n === Math.floor(((seconds - 1) * outRate) / 128)) player.tap = {out: new Float32Array(2 * 4800), at: 0};
		left.fill(0);
		right.fill(0);
		player.process([], [[left, right]]);
	}
	return {late: player.late, dropped: player.dropped, ppm: player.ppm, fill: player.fill(), most, target: player.target, frames: [...tapped], rate: outRate};`

type simulated struct {
	Late, Dropped           int
	PPM, Fill, Most, Target float64
	Frames                  []float64
	Rate                    float64
}

// The player follows the clock of the daemon without a hole, converts what the browser's rate is not, and forgives a hiccup.
func follows(v *desk) {
	for name, c := range map[string]struct {
		set           string
		ppm           float64
		late, hz, lag float64
	}{
		"the same clock":        {"inRate = 48000, outRate = 48000, ppm = 0, hiccup = 1e9, seconds = 30", 0, 0, 1000, 0.06},
		"a clock 300 ppm fast":  {"inRate = 48000, outRate = 48000, ppm = 300, hiccup = 1e9, seconds = 150", 300, 0, 1000.3, 0.06},
		"a clock 300 ppm slow":  {"inRate = 48000, outRate = 48000, ppm = -300, hiccup = 1e9, seconds = 150", -300, 0, 999.7, 0.06},
		"another rate":          {"inRate = 96000, outRate = 44100, ppm = 0, hiccup = 1e9, seconds = 30", 0, 0, 1000, 0.06},
		"0.3 s without a frame": {"inRate = 48000, outRate = 48000, ppm = 0, hiccup = 5, seconds = 40", 0, 1, 1000, 0.08},
	} {
		s := asks[simulated](v, "const "+c.set+";"+simulation)
		hz, peak := measure(s.Frames, s.Rate)
		if math.Abs(s.PPM-c.ppm) > 60 || math.Abs(hz-c.hz) > 0.1 || math.Abs(20*math.Log10(peak/0.5)) > 0.01 {
			v.Errorf("%s: it follows by %.1f ppm, and plays %.3f Hz at %.5f", name, s.PPM, hz, peak)
		}
		if float64(s.Late) != c.late || s.Most > 0.2+480.0/48000 || math.Abs(s.Target-c.lag) > 1e-9 || math.Abs(s.Fill-c.lag) > 0.03 {
			v.Errorf("%s: late %d times, the ring has %.0f ms and had %.0f, %.0f are wanted", name, s.Late, 1000*s.Fill, 1000*s.Most, 1000*s.Target)
		}
		v.Logf("%s: %.1f ppm, %.3f Hz, %.5f, %.1f ms, late %d, dropped %d", name, s.PPM, hz, peak, 1000*s.Fill, s.Late, s.Dropped)
	}
}

// Numbers of docs/page.md, on this machine.
func TestNumbers(t *testing.T) {
	if !*numbers {
		t.Skip("not measured: frames, bytes and latency of the page, which -numbers prints")
	}
	window := browser(t)
	v := visit(t, window, laboratory(t))
	t.Cleanup(func() { _ = v.Stop() })
	v.signsIn()
	v.cords()
	v.do(chromedp.EmulateViewport(1920, 1080))
	v.sees(`document.querySelectorAll(".strip").length === 32`)
	for what, script := range map[string]string{
		"first paint": `return performance.getEntriesByType("paint").map((p) => p.startTime.toFixed(0) + " ms").at(-1)`,
		"frames": `const times = []; let last = 0;
			await new Promise((done) => { const step = (now) => { if (last) times.push(now - last); last = now; times.length < 300 ? requestAnimationFrame(step) : done(); }; requestAnimationFrame(step); });
			times.sort((a, b) => a - b); return (300000 / times.reduce((a, b) => a + b)).toFixed(1) + " a second; 99 % within " + times[297].toFixed(1) + " ms"`,
		"meters": `const {subjects} = await import("/web/subjects.js"), {desk} = await import("/web/page.js");
			const s = new WebSocket("/v1/live"), sizes = []; await new Promise((r) => (s.onopen = r));
			s.send(JSON.stringify({meters: {places: subjects(desk.store).map((x) => x.key)}}));
			await new Promise((done) => (s.onmessage = (m) => m.data.startsWith('{"meters"') && sizes.push(m.data.length) >= 100 && done())); s.close();
			return (sizes.reduce((a, b) => a + b) / 100 * 20 / 1000).toFixed(1) + " kB/s"`,
	} {
		t.Logf("%s: %s", what, asks[string](v, script))
	}
	v.click(record + " .listen")
	for range 5 {
		t.Logf("from a change of gain to the loudspeaker: %s", asks[string](v, `
			const {desk} = await import("/web/page.js"), sleep = (ms) => new Promise((done) => setTimeout(done, ms));
			const set = (gain) => fetch("/v1/states/console", {method: "PATCH", body: JSON.stringify({"record.gain": gain})});
			await set(255); await sleep(2000);
			const tap = desk.listening.tap(48000).then((m) => [m, performance.now()]); await sleep(200);
			const begin = performance.now(); await set(0);
			const [m, end] = await tap, f = m.tapped; let i = f.length - 2; while (i > 0 && f[i] === 0) i -= 2;
			const {report, latency} = desk.listening;
			return (end - (f.length - i) / 2 / m.rate * 1000 - begin + latency - 1000 * report.fill).toFixed(0) + " ms, of which the ring has " + (1000 * report.fill).toFixed(0)`))
	}
}
