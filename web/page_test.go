package web_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// lines are loops of programs.
func lines(n int) (all []loop.Spec) {
	for i := range n {
		all = append(all, loop.Spec{Name: fmt.Sprintf("line-%02d", i+1), Clients: loop.Shared})
	}
	return all
}

// The page in a browser, each case with a daemon and a tab of its own.
func TestPage(t *testing.T) {
	window := browser(t)
	for name, c := range map[string]struct {
		loops []loop.Spec
		test  func(v *desk)
	}{
		"meters say what is heard":           {lines(1), meters},
		"32 strips fit on a screen":          {append(lines(29), loop.Spec{Name: "mic", Attached: audio.Record}), fits},
		"a fader moves by keyboard":          {lines(1), moves},
		"who has no token changes nothing":   {lines(1), changesNothing},
		"the matrix makes and removes":       {lines(2), patches},
		"a stroke makes several routes":      {lines(3), strokes},
		"a tone is heard":                    {lines(1), hears},
		"the spectrum has the tone":          {lines(1), analyses},
		"names are text":                     {[]loop.Spec{{Name: markup}}, escapes},
		"less motion":                        {lines(1), standsStill},
		"the player follows another clock":   {lines(1), follows},
		"events are listed and filtered":     {lines(1), lists},
		"colours are chosen and remembered":  {lines(1), chooses},
		"nobody is shut out by how it looks": {append(lines(2), loop.Spec{Name: "mic", Attached: audio.Record}), isAccessible},
	} {
		t.Run(name, func(t *testing.T) {
			d := daemon(t, anywhere(), c.loops...)
			t.Cleanup(func() {
				if err := d.Stop(); err != nil {
					t.Error(err)
				}
			})
			c.test(visit(t, window, d))
		})
	}
	t.Run("it comes back with the daemon", func(t *testing.T) { returns(t, window) })
	t.Run("the token comes first", func(t *testing.T) { asksFirst(t, window) })
	t.Run("an alarm is raised and acknowledged", func(t *testing.T) { raises(t, window) })
	t.Run("alarms, recorders, history, another release", func(t *testing.T) { fronted(t, window) })
}

const record = `.strip[data-key="console:record"]`

func meters(v *desk) {
	v.sees(`document.querySelector('` + record + ` [role=meter]').getAttribute("aria-valuenow") === "-20.0"`)
	v.sees(`document.querySelector('` + record + ` .peak').textContent === "\u221220.0"`)
	// The bars say it, too: where the scale has -20 dB, half of them is filled.
	filled := asks[[]bool](v, `
		const paper = document.querySelector('`+record+` canvas'), pen = paper.getContext("2d");
		const at = (x) => pen.getImageData(Math.round(x * paper.width), 4, 1, 1).data.slice(0, 3).join();
		const empty = at(0.97);
		return [at(0.2) !== empty, at(0.46) !== empty, at(0.56) !== empty]`)
	if !filled[0] || !filled[1] || filled[2] {
		v.Errorf("of a peak of -20 dBFS, the meter is filled at 20, 46 and 56 %% of its width: %v", filled)
	}
}

func fits(v *desk) {
	v.do(chromedp.EmulateViewport(1920, 1080))
	v.sees(`document.querySelectorAll(".strip").length === 32`)
	for _, opened := range []bool{false, true} {
		if opened {
			v.click(record + " .open")
			v.sees(`!document.getElementById("inspector").hidden`)
		}
		if size := asks[[]int](v, `return [document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]`); size[0] > 1920 || size[1] > 1080 {
			v.Errorf("opened: %v; 32 strips take %d by %d pixels", opened, size[0], size[1])
		}
	}
	v.do(chromedp.EmulateViewport(390, 844))
	v.sees(`document.scrollingElement.scrollWidth <= 390`)
}

func moves(v *desk) {
	v.signsIn()
	const fader = record + ` input[type=range]`
	v.sees(`!document.querySelector('` + fader + `').disabled`)
	v.do(chromedp.Focus(chromedp.CSS(fader)))
	for range 5 {
		v.do(chromedp.KeyEvent(kb.ArrowLeft))
	}
	v.until("a gain of 250", func() bool { return v.gain() == 250 })
	v.sees(`document.querySelector('` + fader + `').getAttribute("aria-valuetext") === "\u22120.2 dB"`)
	v.do(chromedp.KeyEvent(kb.Home))
	v.until("no gain", func() bool { return v.gain() == 0 })
	v.sees(`document.querySelector('` + record + ` [role=meter]').getAttribute("aria-valuenow") === "-90.0"`)
	// What somebody else sets is shown.
	device, _ := v.Bay.Device("console")
	if _, err := v.Bay.Find("console"); err != nil || device == nil {
		v.Fatal(err)
	}
	asks[any](v, `return fetch("/v1/states/console", {method: "PATCH", body: '{"record.gain": 128}'}).then((r) => r.status)`)
	v.sees(`document.querySelector('` + fader + `').value === "128"`)
}

// gain is that of what the console records.
func (v *desk) gain() int {
	return asks[int](v, `return (await (await fetch("/v1/devices/console")).json()).info.record.gain`)
}

func changesNothing(v *desk) {
	v.sees(`[...document.querySelectorAll("input[type=range], .mute:not(.absent)")].every((c) => c.disabled)`)
	v.goes("#routes")
	v.click(`.matrix button`)
	v.sees(`document.querySelector(".matrix button").getAttribute("aria-disabled") === "true"`)
	v.click("#sign")
	v.do(chromedp.SendKeys(chromedp.CSS("#token"), "wrong-wrong-wrong-wrong\r"))
	v.sees(`document.getElementById("signin-error").textContent.includes("not the token")`)
	v.do(chromedp.KeyEvent(kb.Escape))
	v.signsIn()
	if text := asks[string](v, `return document.cookie + Object.values(localStorage).join()`); text != "" {
		v.Errorf("scripts see %q", text)
	}
	v.click("#sign")
	v.sees(`document.getElementById("sign").textContent.startsWith("Read only")`)
	if n := len(asks[[]any](v, `return (await (await fetch("/v1/routes")).json()).routes`)); n != 0 {
		v.Errorf("there are %d routes", n)
	}
}

// cell is a button of the matrix.
func cell(from, to string) string {
	return fmt.Sprintf(`.matrix button[aria-label^="%s to %s"]`, from, to)
}

// routes are the places of all routes.
func (v *desk) routes() []string {
	return asks[[]string](v, `return (await (await fetch("/v1/routes")).json()).routes.map((r) => r.from + " " + r.to).sort()`)
}

func patches(v *desk) {
	v.signsIn()
	v.goes("#routes")
	at := cell("console/record", "line-02")
	v.click(at)
	v.sees(`document.querySelector('` + at + `').getAttribute("aria-pressed") === "true"`)
	if r := v.routes(); len(r) != 1 || r[0] != "console/record line-02" {
		v.Errorf("after a click, the routes are %q", r)
	}
	// The keys do the same: the gain by G, another cell by arrows, a switch by space.
	v.do(chromedp.Focus(chromedp.CSS(at)), chromedp.KeyEvent("g"))
	v.sees(`document.activeElement.type === "range"`)
	v.do(chromedp.KeyEvent(kb.ArrowLeft))
	v.until("a gain of 254", func() bool {
		return asks[int](v, `return (await (await fetch("/v1/routes")).json()).routes[0].gain`) == 254
	})
	v.do(chromedp.KeyEvent(kb.Escape))
	v.sees(`document.activeElement.closest(".matrix")`)
	v.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(" "))
	v.until("a second route", func() bool { return len(v.routes()) == 2 })
	v.click(at)
	v.until("one route less", func() bool { r := v.routes(); return len(r) == 1 && r[0] == "console/record line-01" })
	v.sees(`document.querySelector('` + at + `').getAttribute("aria-pressed") === "false"`)
}

func strokes(v *desk) {
	v.signsIn()
	v.goes("#routes")
	v.sees(`document.querySelector(".matrix button")`)
	center := func(selector string) (x, y float64) {
		at := asks[[]float64](v, `const b = document.querySelector('`+selector+`').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]`)
		return at[0], at[1]
	}
	for _, stroke := range []struct{ steps, routes int }{{1, 3}, {20, 0}} { // whoever strokes sees what there is, and may be fast
		x, y := center(cell("console/record", "line-01"))
		toX, toY := center(cell("console/record", "line-03"))
		v.do(chromedp.DragAndDropXY(x, y, toX, toY, stroke.steps))
		v.until(fmt.Sprintf("%d routes", stroke.routes), func() bool { return len(v.routes()) == stroke.routes })
		v.sees(fmt.Sprintf(`document.querySelectorAll('.matrix button[aria-pressed="true"]').length === %d`, stroke.routes))
	}
}

// hears compares what the browser's sound card gets with what the device records: frequency and level.
func hears(v *desk) {
	v.click(record + " .listen")
	v.sees(`document.querySelector('` + record + ` .listen').getAttribute("aria-pressed") === "true"`)
	// Where frames were late there is a hole; enough of them are without one.
	var hz, peak float64
	v.until("a tone without a hole", func() bool {
		heard := asks[struct {
			Rate   float64
			Frames []float64
		}](v, `
			const {desk} = await import("/web/page.js");
			while (!desk.listening.report?.running) await new Promise((done) => setTimeout(done, 20));
			const m = await desk.listening.tap(4800);
			return {rate: m.rate, frames: [...m.tapped]}`)
		hz, peak = measure(heard.Frames, heard.Rate)
		return math.Abs(hz-1000) < 10 && math.Abs(20*math.Log10(peak)+20) < 0.1
	})
	v.Logf("heard %.2f Hz at %.3f dBFS", hz, 20*math.Log10(peak))
	v.click(record + " .listen")
	v.sees(`document.querySelector('` + record + ` .listen').getAttribute("aria-pressed") === "false"`)
}

// measure returns frequency and amplitude of a sine, the same in both channels; 0: it is none.
func measure(frames []float64, rate float64) (hz, peak float64) {
	first, last, crossings, sum := 0.0, 0.0, 0, 0.0
	for i := 2; i+1 < len(frames); i += 2 {
		before, now := frames[i-2], frames[i]
		if now != frames[i+1] {
			return 0, 0
		}
		sum += now * now
		if before < 0 && now >= 0 {
			last = float64(i/2) - now/(now-before)
			if crossings++; crossings == 1 {
				first = last
			}
		}
	}
	if crossings < 2 {
		return 0, 0
	}
	return rate * float64(crossings-1) / (last - first), math.Sqrt(2 * sum / float64(len(frames)/2))
}

func analyses(v *desk) {
	v.click(record + " .open")
	v.sees(`document.querySelector("#inspector .number").textContent === "\u221220.0"`)
	loudest := asks[[]float64](v, `
		const {desk} = await import("/web/page.js");
		const ear = desk.ears.take("console:record");
		ear.analyse(true);
		const m = await new Promise((done) => ear.addEventListener("levels", (e) => done(e.detail)));
		const bin = m.levels.indexOf(Math.max(...m.levels));
		return [(bin * m.rate) / 2 / m.levels.length, m.levels[bin]]`)
	if math.Abs(loudest[0]-1000) > 12 || loudest[1] > -19.9 || loudest[1] < -21.5 {
		v.Errorf("the loudest bin of a tone of 1 kHz at -20 dBFS is %.0f Hz at %.2f dBFS", loudest[0], loudest[1])
	}
	v.do(chromedp.KeyEvent(kb.Escape))
	v.sees(`document.getElementById("inspector").hidden`)
}

// markup is a name that a careless page would execute.
const markup = `<img src=x onerror="document.title='owned'">`

func escapes(v *desk) {
	v.sees(`[...document.querySelectorAll(".strip .name")].some((n) => n.textContent.startsWith("<img"))`)
	v.signsIn()
	v.click(`.strip[data-kind=loop] .open`)
	v.sees(`document.querySelector("#inspector h2").textContent.includes("<img")`)
	v.goes("#routes")
	v.sees(`[...document.querySelectorAll(".matrix .name")].some((n) => n.textContent.startsWith("<img"))`)
	if n := asks[int](v, `return document.querySelectorAll("img").length`); n != 0 || asks[string](v, `return document.title`) != "loopbridge" {
		v.Errorf("a name became %d images", n)
	}
}

func lists(v *desk) {
	v.signsIn()
	v.goes("#events")
	asks[any](v, `return fetch("/v1/states/console", {method: "PATCH", body: '{"record.gain": 99}'}).then((r) => r.status)`)
	v.sees(`document.querySelector(".log tbody tr")?.textContent.includes("record.gain: 255 \u2192 99")`)
	v.do(chromedp.SendKeys(chromedp.CSS("#filter"), "nothing of that"))
	v.sees(`[...document.querySelectorAll(".log tbody tr")].every((r) => r.hidden)`)
}

func chooses(v *desk) {
	background := `getComputedStyle(document.body.parentElement).backgroundColor`
	v.click("#theme")
	v.sees(`document.documentElement.dataset.theme === "light" && ` + background + ` === "rgb(238, 240, 239)"`)
	v.click("#theme")
	v.sees(background + ` === "rgb(13, 16, 19)"`)
	v.do(chromedp.Navigate(v.base + "/"))
	v.sees(background + ` === "rgb(13, 16, 19)"`)
}
