package httpio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

var errPrivate = errors.New("dial tcp 10.1.1.1:5432: password hunter2")

// answered is a response with the error that the log line would contain.
type answered struct {
	*httptest.ResponseRecorder
	body   map[string]any
	logged error
}

// serve serves a request with h behind Identify.
func serve(t *testing.T, h http.Handler, r *http.Request) answered {
	t.Helper()
	a := answered{ResponseRecorder: httptest.NewRecorder()}
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		a.logged = httpio.ExchangeOf(r.Context()).Err()
	})

	httpio.Identify(nil, func() string { return "req_1" })(outer).ServeHTTP(a, r)

	if strings.Contains(a.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.Body.Bytes(), &a.body); err != nil {
			t.Fatalf("the response %q is not JSON: %v", a.Body, err)
		}
	}

	return a
}

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

func fails(err error) httpio.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func TestHandleWritesAProblem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		want   string
	}{
		{"a fault is shown", fault.Wrap(errPrivate, fault.Conflict, "amount_changed",
			"The total changed.").With("amount", 1200),
			409, `{"amount":1200,"code":"amount_changed","detail":"The total changed.","request_id":"req_1","status":409,"title":"Conflict","type":"about:blank"}`},
		{"a field", fault.InvalidField("items.0.sku", "unknown_sku", "There is no such thing."),
			422, `{"code":"unknown_sku","detail":"There is no such thing.","field":"items.0.sku","request_id":"req_1","status":422,"title":"Unprocessable Entity","type":"about:blank"}`},
		{"any other error is hidden", errPrivate,
			500, `{"code":"internal_error","detail":"Something went wrong on our side. Please try again.","request_id":"req_1","status":500,"title":"Internal Server Error","type":"about:blank"}`},
		{"extras do not replace the members",
			fault.New(fault.NotFound, "x", "X.").
				With("status", 200).With("code", "fine").With("request_id", "y").With("type", "z"),
			404, `{"code":"x","detail":"X.","request_id":"req_1","status":404,"title":"Not Found","type":"about:blank"}`},
		{"extras that cannot be encoded are left out", fault.New(fault.Conflict, "x", "X.").With("f", func() {}),
			409, `{"code":"x","detail":"X.","request_id":"req_1","status":409,"title":"Conflict","type":"about:blank"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, httpio.Handle(fails(tt.err)), get("/"))
			if a.Code != tt.status || strings.TrimSpace(a.Body.String()) != tt.want {
				t.Errorf("got  %d %swant %d %s", a.Code, a.Body, tt.status, tt.want)
			}
			if got := a.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type: got %q", got)
			}
			if got := a.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: got %q", got)
			}
			if !errors.Is(a.logged, tt.err) {
				t.Errorf("logged %v, want %v", a.logged, tt.err)
			}
		})
	}
}

func TestStatusOfEveryKind(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Internal:     500,
		fault.Malformed:    400,
		fault.Invalid:      422,
		fault.Unauthorized: 401,
		fault.Forbidden:    403,
		fault.NotFound:     404,
		fault.Conflict:     409,
		fault.TooLarge:     413,
		fault.Unsupported:  415,
		fault.Declined:     402,
		fault.TooMany:      429,
		fault.Unavailable:  503,
		fault.Kind(99):     500,
	} {
		if got := httpio.Status(kind); got != want {
			t.Errorf("kind %d: got %d, want %d", kind, got, want)
		}
	}
}

func TestNothingIsWrittenTwice(t *testing.T) {
	t.Parallel()
	t.Run("an error after the response is only logged", func(t *testing.T) {
		t.Parallel()
		a := serve(t, httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			if err := httpio.WriteJSON(w, http.StatusCreated, map[string]int{"a": 1}); err != nil {
				return err
			}
			return errPrivate
		}), get("/"))
		if a.Code != 201 || a.Body.String() != "{\"a\":1}\n" || !errors.Is(a.logged, errPrivate) {
			t.Errorf("got %d %s, logged %v", a.Code, a.Body, a.logged)
		}
	})

	t.Run("an error after the header is only logged", func(t *testing.T) {
		t.Parallel()
		a := serve(t, httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusAccepted)
			return errPrivate
		}), get("/"))
		if a.Code != 202 || a.Body.Len() != 0 || !errors.Is(a.logged, errPrivate) {
			t.Errorf("got %d %s, logged %v", a.Code, a.Body, a.logged)
		}
	})

	t.Run("a value that cannot be encoded becomes a problem", func(t *testing.T) {
		t.Parallel()
		a := serve(t, httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			return httpio.WriteJSON(w, http.StatusOK, map[string]any{"f": func() {}})
		}), get("/"))
		if a.Code != 500 || a.body["code"] != "internal_error" {
			t.Errorf("got %d %s", a.Code, a.Body)
		}
	})

	t.Run("headers of the response that was not written are dropped", func(t *testing.T) {
		t.Parallel()
		a := serve(t, httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified", "Location"} {
				w.Header().Set(name, "1")
			}

			return errPrivate
		}), get("/"))

		for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified", "Location"} {
			if got := a.Header().Get(name); got != "" {
				t.Errorf("%s: %q is still there", name, got)
			}
		}

		if got, want := a.Header().Get("Content-Length"), fmt.Sprint(a.Body.Len()); got != want {
			t.Errorf("Content-Length: got %s, want %s", got, want)
		}
	})
}

func TestHandleStripeAddsStripesErrorObject(t *testing.T) {
	t.Parallel()
	declined := fault.New(fault.Declined, "payment_declined", "Your card has insufficient funds.")
	declined.Payment = &fault.Payment{
		Type:        "card_error",
		Code:        "card_declined",
		DeclineCode: "insufficient_funds",
	}

	tests := []struct {
		name   string
		err    error
		status int
		want   map[string]any
	}{
		{"Stripe's own words", declined, 402, map[string]any{
			"type":         "card_error",
			"code":         "card_declined",
			"decline_code": "insufficient_funds",
			"message":      "Your card has insufficient funds.",
		}},
		{"the caller's fault", fault.New(fault.Conflict, "order_not_open", "The order is closed."), 409,
			map[string]any{
				"type":    "invalid_request_error",
				"code":    "order_not_open",
				"message": "The order is closed.",
			}},
		{"the server's fault", errPrivate, 500, map[string]any{
			"type":    "api_error",
			"code":    "internal_error",
			"message": "Something went wrong on our side. Please try again.",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, httpio.HandleStripe(fails(tt.err)), get("/"))
			if got := fmt.Sprint(a.body["error"]); a.Code != tt.status || got != fmt.Sprint(tt.want) {
				t.Errorf("got %d %v, want %d %v", a.Code, got, tt.status, tt.want)
			}
		})
	}

	t.Run("a success has no error", func(t *testing.T) {
		t.Parallel()
		a := serve(t, httpio.HandleStripe(func(w http.ResponseWriter, _ *http.Request) error {
			return httpio.WriteJSON(w, http.StatusOK, map[string]string{"status": "succeeded"})
		}), get("/"))
		if _, there := a.body["error"]; there || a.Code != 200 {
			t.Errorf("got %d %v", a.Code, a.body)
		}
	})

	t.Run("without Identify too", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		httpio.HandleStripe(fails(errPrivate)).ServeHTTP(w, get("/"))

		if !strings.Contains(w.Body.String(), `"error":{"type":"api_error"`) {
			t.Errorf("got %s", w.Body)
		}
	})
}

func TestHandlePageRendersTheError(t *testing.T) {
	t.Parallel()
	page := func(w http.ResponseWriter, _ *http.Request, status int, f *fault.Error) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<p>"+f.Message)
	}

	a := serve(t, httpio.HandlePage(fails(errPrivate), page), get("/"))
	if a.Code != 500 || !strings.HasPrefix(a.Body.String(), "<p>Something went wrong") ||
		!errors.Is(a.logged, errPrivate) {
		t.Errorf("got %d %s, logged %v", a.Code, a.Body, a.logged)
	}

	for accept, want := range map[string]string{
		"text/html,application/xhtml+xml": "text/html; charset=utf-8",
		"application/json":                "application/problem+json",
		"*/*":                             "application/problem+json",
		"":                                "application/problem+json",
	} {
		r := get("/")
		r.Header.Set("Accept", accept)
		a := serve(t, httpio.HandlePage(fails(errPrivate), httpio.Negotiate(page)), r)
		if got := a.Header().Get("Content-Type"); got != want {
			t.Errorf("Accept %q: got %q, want %q", accept, got, want)
		}
	}
}

func TestAClientThatLeftIsNotAServerError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	a := serve(t, httpio.Handle(fails(fmt.Errorf("query: %w", context.Canceled))), get("/").WithContext(ctx))
	if a.Code != httpio.StatusClientGone || a.body["code"] != "client_gone" {
		t.Errorf("got %d %s", a.Code, a.Body)
	}

	a = serve(t, httpio.Handle(fails(fmt.Errorf("query: %w", context.Canceled))), get("/"))
	if a.Code != 500 {
		t.Errorf("canceled by the server: got %d, want 500", a.Code)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	slowDown := fault.New(fault.TooMany, "slow_down", "Wait.").With("retry_after", 30)
	a := serve(t, httpio.Handle(fails(slowDown)), get("/"))
	if got := a.Header().Get("Retry-After"); a.Code != 429 || got != "30" {
		t.Errorf("got %d and Retry-After %q", a.Code, got)
	}
}

func TestLogFields(t *testing.T) {
	t.Parallel()
	var got string
	identify := httpio.Identify(nil, func() string { return "x" })
	h := identify(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		httpio.LogFields(r.Context()).Set("order_id", "ord_1")
		httpio.LogFields(r.Context()).Set("status", "open")
		httpio.LogFields(r.Context()).Set("order_id", "ord_2")
		got = fmt.Sprint(httpio.ExchangeOf(r.Context()).Fields())
	}))

	h.ServeHTTP(httptest.NewRecorder(), get("/"))

	if want := "[{order_id ord_2} {status open}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	httpio.LogFields(context.Background()).Set("outside", "of a request is harmless")
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	rec := httpio.Record(w)
	if httpio.Record(rec) != rec {
		t.Error("a Recorder is wrapped again")
	}

	hinted := httpio.Record(httptest.NewRecorder())
	hinted.WriteHeader(http.StatusEarlyHints)

	if hinted.Started() {
		t.Error("an early hint counts as the response")
	}

	n, err := rec.Write([]byte("hello"))
	if n != 5 || err != nil || rec.Status() != 200 || rec.Bytes() != 5 {
		t.Errorf("got %d %v, status %d, %d bytes", n, err, rec.Status(), rec.Bytes())
	}
	if err := http.NewResponseController(rec).Flush(); err != nil || !w.Flushed {
		t.Errorf("flush: %v", err)
	}
}
