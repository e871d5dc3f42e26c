package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/sandbox"
)

// desk is the web page of the management API, open in a browser.
type desk struct {
	t   *testing.T
	ctx context.Context
}

func openDesk(t *testing.T, b *box) *desk {
	t.Helper()
	d := &desk{t: t, ctx: browsertest.New(t)}
	if _, err := chromedp.Run(d.ctx, chromedp.Navigate(b.url+"/_sandbox/")); err != nil {
		t.Fatal(err)
	}
	return d
}

func evaluate[T any](d *desk, script string) T {
	d.t.Helper()
	out, err := chromedp.Run(d.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// click presses the first button with a label.
func (d *desk) click(label string) {
	d.t.Helper()
	evaluate[int](d,
		fmt.Sprintf("[...document.querySelectorAll('button')].find((b) => b.textContent === %q).click(), 0", label))
}

// shows waits until all words are visible.
func (d *desk) shows(words ...string) {
	d.t.Helper()
	eventually(d.t, "the page shows "+strings.Join(words, ", "), func() bool {
		now := evaluate[string](d, "document.body.innerText")
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(now, w) })
	})
}

func (d *desk) filter(words string) {
	d.t.Helper()
	evaluate[int](d, fmt.Sprintf("$('filter').value = %q, $('filter').dispatchEvent(new Event('input')), 0", words))
}

// TestDeskInABrowser opens the desk, looks at a payment and injects a fault.
func TestDeskInABrowser(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.s.Seed(3)
	b.get("/v1/customers")
	d := openDesk(t, b)
	ctx, shows, click := d.ctx, d.shows, d.click
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
	eventually(t, "one fault", func() bool { return len(b.s.Faults()) == 1 })
	want(t, "fault in force", b.s.Faults()[0].Route, "POST /v1/payment_intents")

	if _, err := b.s.AddFault(sandbox.Fault{Route: "GET /v1/*", Kind: sandbox.FaultStatus500}); err != nil {
		t.Fatal(err)
	}

	click("faults")
	shows("GET /v1/*")
	click("Remove") // the first row is the newest
	eventually(t, "only the older fault",
		func() bool { return len(b.s.Faults()) == 1 && b.s.Faults()[0].Route == "POST /v1/payment_intents" })
	click("Remove all faults")
	eventually(t, "no fault", func() bool { return len(b.s.Faults()) == 0 })

	open := "location.hash = '" + b.s.Ledger().Charges[0].ID + "', 0"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](open)); err != nil {
		t.Fatal(err)
	}

	shows(`"object": "charge"`)
	browsertest.Screenshot(t, ctx, "desk-object")
	shows("Related objects:")

	b.connected("", "read_write")

	for _, view := range []string{"requests", "deliveries", "intents", "objects", "accounts", "faults"} {
		click(view)
		for name, look := range map[string]chromedp.Action[chromedp.Void]{
			"light": browsertest.Dark(false),
			"dark":  browsertest.Dark(true),
		} {
			for _, width := range []int64{360, 1280} {
				if err := chromedp.Do(ctx, look, browsertest.Viewport(width, 800)); err != nil {
					t.Fatal(err)
				}

				browsertest.Screenshot(t, ctx, fmt.Sprintf("desk-%s-%d-%s", view, width, name))
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[float64]("document.documentElement.scrollWidth"))
				if err != nil || wide > float64(width) {
					t.Errorf("%s: the page is %v pixels wide on a screen of %d (%v)", view, wide, width, err)
				}

				const hidden = `[...document.querySelectorAll('#list button')].filter((button) =>
					button.getBoundingClientRect().right >
					document.querySelector('#list').getBoundingClientRect().right + 1).length`
				if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](hidden)); err != nil || n > 0 {
					t.Errorf("%s: %d buttons lie beside the list on a screen of %d (%v)", view, n, width, err)
				}
			}
		}
	}

	for _, p := range browsertest.Problems(ctx) {
		t.Errorf("problem on the page: %s", p)
	}
}

// TestDeskFollowsRequestsAndActs uses the desk while requests come in. The page
// is never reloaded.
func TestDeskFollowsRequestsAndActs(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "the shop is short of stout")
	}))

	t.Cleanup(shop.Close)
	b.ok("/v1/webhook_endpoints", "url="+shop.URL, "enabled_events[]=customer.created")
	d := openDesk(t, b)
	b.post("/v1/payment_intents", "amount=7", "currency=usd")
	d.shows("/v1/payment_intents", "amount_too_small")
	evaluate[int](d,
		"[...document.querySelectorAll('#list tr')].find((r) => r.innerText.includes('amount_too_small')).click(), 0")
	d.shows(`"amount": "7"`, "Amount must be at least $0.50 usd")
	d.filter("no such thing")
	d.shows("Nothing matches the filter.")
	d.filter("webhook_endpoints")
	d.shows("/v1/webhook_endpoints")
	d.filter("")
	b.ok("/v1/customers", "name=x")
	d.click("deliveries")
	d.shows("customer.created", "418")
	evaluate[int](d, "document.querySelector('#list tbody tr').click(), 0")
	d.shows("the shop is short of stout")
	before := len(b.s.Deliveries())
	d.click("Resend")
	eventually(t, "sent again", func() bool { return len(b.s.Deliveries()) > before })
	d.click("faults")
	d.shows("Create sample data")
	d.click("Create sample data")
	eventually(t, "charges", func() bool { return len(b.s.Ledger().Charges) > 0 })
	was := b.ok("/v1/customers").num("created")
	d.click("Clock +1 day")
	eventually(t, "a day later", func() bool { return b.ok("/v1/customers").num("created") >= was+24*3600 })
	evaluate[int](d, "window.confirm = () => true, 0")
	d.click("Reset everything")
	eventually(t, "everything is deleted", func() bool { return len(b.s.Ledger().Charges) == 0 })
}
