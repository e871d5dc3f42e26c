package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/deliveries"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

func TestOwnerIsToldByMailAndInTheLog(t *testing.T) {
	t.Parallel()
	log, sent := &testkit.LogBook{}, make(chan string, 2)
	failed := make(chan error, 2)
	send := func(_ context.Context, subject, text string) error {
		sent <- subject + ": " + text
		return errors.New("no mail server")
	}
	o := app.NewOwner(zerolog.New(log), send, func(err error) { failed <- err })
	e := deliveries.Endpoint{ID: "we_1", URL: "https://shop.test/hooks", Reason: "it answered 410 Gone"}

	for _, tt := range []struct {
		tell func()
		want []string
	}{
		{func() { o.SwitchedOff(e) }, []string{"we_1", "410 Gone", "enable"}},
		{func() { o.Exhausted(e, deliveries.Delivery{Kind: "order.paid", OrderID: "ord_1"}) },
			[]string{"we_1", "order.paid", "ord_1", "redeliver"}},
	} {
		tt.tell()
		select {
		case text := <-sent:
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the e-mail lacks %q: %s", want, text)
				}
			}
		case <-time.After(testhost.Patience):
			t.Fatal("no e-mail was sent")
		}

		if err := <-failed; err == nil {
			t.Error("an e-mail that was not sent is not reported")
		}
	}
	if text := log.String(); strings.Count(text, `"level":"error"`) != 2 || !strings.Contains(text, "we_1") {
		t.Errorf("the log is %s", text)
	}
}
