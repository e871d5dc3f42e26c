package pages_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/testhost"
)

// browsertestTab is a browser tab that a test reads and controls with
// JavaScript.
type browsertestTab struct {
	t   *testing.T
	ctx context.Context
}

func (b browsertestTab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// json evaluates an expression, awaits its promise, and decodes its value into
// v.
func (b browsertestTab) json(js string, v any) {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("(async () => JSON.stringify((await ("+js+")) ?? null))()", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	if err := json.Unmarshal([]byte(out), v); err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
}

func (b browsertestTab) run(js string) {
	b.t.Helper()
	var none any
	b.json(js, &none)
}

func (b browsertestTab) text(js string) string {
	b.t.Helper()
	var s string
	b.json(js, &s)
	return s
}

// until waits until an expression is true, across navigations.
func (b browsertestTab) until(js string) {
	b.t.Helper()
	for deadline := time.Now().Add(testhost.Patience); ; time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+js+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) || b.ctx.Err() != nil {
			b.t.Fatalf("this did not come true (last error %v): %s\nthe page says: %s", err, js, b.text("location.href + ' ' + document.body.innerText"))
		}
	}
}

// checkProblems fails the test if the page complained, except about responses
// of 400 and above, which these tests provoke.
func (b browsertestTab) checkProblems() {
	for _, p := range browsertest.Problems(b.ctx) {
		if p.Kind != browsertest.Network {
			b.t.Errorf("the page complained: %s", p)
		}
	}
}
