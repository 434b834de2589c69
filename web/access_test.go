package web_test

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe is axe-core, which knows what keeps people out of a page.
func axe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func isAccessible(v *desk) {
	v.signsIn()
	v.do(chromedp.Evaluate[chromedp.Void](axe(v.T)))
	v.click("#theme")
	for range 2 { // light, then dark
		v.goes("#strips")
		v.click(record + " .open")
		v.sees(`!document.getElementById("inspector").hidden`)
		v.passes("strips")
		v.do(chromedp.EmulateViewport(390, 844))
		v.passes("strips on a phone")
		v.do(chromedp.EmulateViewport(1280, 800))
		v.click("#inspector .close")
		for _, view := range asks[[]string](v, `return [...document.querySelectorAll("#nav a:not([hidden])")].map((a) => a.hash).filter((h) => h !== "#strips")`) {
			v.goes(view)
			v.passes(view)
		}
		asks[any](v, `document.getElementById("signin").showModal()`)
		v.passes("the form")
		asks[any](v, `document.getElementById("signin").close()`)
		v.click("#theme")
	}
}

// passes fails the test for each rule that what is seen breaks.
func (v *desk) passes(what string) {
	v.Helper()
	broken := asks[[]string](v, `
		const r = await axe.run(document, {resultTypes: ["violations"]});
		return r.violations.map((x) => x.id + ": " + x.help + "\n\t" + x.nodes.map((n) => n.html + " " + n.failureSummary).join("\n\t"))`)
	if len(broken) > 0 {
		v.Errorf("%s, %s: %s", what, asks[string](v, `return document.documentElement.dataset.theme`), strings.Join(broken, "\n"))
	}
}

// Who wants less motion sees a spectrogram that stands still: the new overwrites the old, from left to right.
func standsStill(v *desk) {
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(v.tab, emulation.SetEmulatedMedia, media); err != nil {
		v.Fatal(err)
	}
	v.click(record + " .open")
	const filled = `(() => {
		const paper = document.querySelector(".waterfall"), pen = paper.getContext("2d");
		const some = (x) => pen.getImageData(x, 0, 1, paper.height).data.some((value) => value > 0);
		return some(5) && !some(paper.width - 5); })()`
	v.sees(filled)
	first := `[...document.querySelector(".waterfall").getContext("2d").getImageData(2, 0, 1, 100).data].join()`
	before := asks[string](v, "return "+first)
	v.sees(strings.Replace(filled, "some(5)", "some(15)", 1))
	if asks[string](v, "return "+first) != before {
		v.Error("what was drawn has moved")
	}
}
