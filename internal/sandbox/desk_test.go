package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/sandbox"
)

// TestTheDeskInABrowser opens the desk, looks at a payment and makes the sandbox misbehave.
func TestTheDeskInABrowser(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.s.Seed(3)
	b.get("/v1/customers")
	ctx := browsertest.New(t)
	if _, err := chromedp.Run(ctx, chromedp.Navigate(b.url+"/_sandbox/")); err != nil {
		t.Fatal(err)
	}
	text := func() string {
		out, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	click := func(label string) {
		script := `[...document.querySelectorAll('button')].find((b) => b.textContent === ` + "`" + label + "`" + `).click(), 0`
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](script)); err != nil {
			t.Fatal(err)
		}
	}
	shows := func(words ...string) {
		t.Helper()
		eventually(t, "the page shows "+strings.Join(words, ", "), func() bool {
			now := text()
			for _, w := range words {
				if !strings.Contains(now, w) {
					return false
				}
			}
			return true
		})
	}
	shows("sandbox", "/v1/customers", "200")
	browsertest.Screenshot(t, ctx, "desk-requests")
	click("charges")
	shows("ch_1Sbx", "succeeded", "failed")
	click("events")
	shows("payment_intent.succeeded", "Resend")
	browsertest.Screenshot(t, ctx, "desk-events")
	click("faults")
	shows("Add fault", "Clock +1 hour")
	click("Add fault")
	eventually(t, "a fault", func() bool { return len(b.s.Faults()) == 1 })
	want(t, "fault in force", b.s.Faults()[0].Route, "POST /v1/payment_intents")
	if _, err := b.s.AddFault(sandbox.Fault{Route: "GET /v1/*", Kind: sandbox.FaultStatus500}); err != nil {
		t.Fatal(err)
	}
	click("faults")
	shows("GET /v1/*")
	click("Remove") // the first row is the newest
	eventually(t, "the older fault alone", func() bool { return len(b.s.Faults()) == 1 && b.s.Faults()[0].Route == "POST /v1/payment_intents" })
	click("Behave (remove all faults)")
	eventually(t, "no fault", func() bool { return len(b.s.Faults()) == 0 })
	open := "location.hash = '" + b.s.Ledger().Charges[0].ID + "', 0"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](open)); err != nil {
		t.Fatal(err)
	}
	shows(`"object": "charge"`)
	browsertest.Screenshot(t, ctx, "desk-object")
	shows("Belongs to it:")
	for _, view := range []string{"requests", "deliveries", "intents", "objects", "faults"} {
		click(view)
		for name, look := range map[string]chromedp.Action[chromedp.Void]{"light": browsertest.Dark(false), "dark": browsertest.Dark(true)} {
			for _, width := range []int64{360, 1280} {
				if err := chromedp.Do(ctx, look, browsertest.Viewport(width, 800)); err != nil {
					t.Fatal(err)
				}
				browsertest.Screenshot(t, ctx, fmt.Sprintf("desk-%s-%d-%s", view, width, name))
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[float64]("document.documentElement.scrollWidth"))
				if err != nil || wide > float64(width) {
					t.Errorf("%s: the page is %v wide on a screen of %d (%v)", view, wide, width, err)
				}
			}
		}
	}
	for _, p := range browsertest.Problems(ctx) {
		t.Errorf("the page complains: %s", p)
	}
}
