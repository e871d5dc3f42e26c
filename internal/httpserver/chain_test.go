package httpserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/testkit"
)

const (
	baseURL     = "https://shop.example"
	offlineHost = "http://127.0.0.1:12111"
)

var errPrivate = errors.New("pq: password hunter2")

// ticking returns a clock that advances by 1.5 ms with every call.
func ticking() func() time.Time {
	var mu sync.Mutex
	now := time.Unix(1_700_000_000, 0)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(1500 * time.Microsecond)
		return now
	}
}

func errorPage(w http.ResponseWriter, _ *http.Request, status int, f *fault.Error) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<h1>"+f.Message)
}

// router returns a router with the chain and the routes of a small app.
func router(t *testing.T, log io.Writer, change func(*httpserver.Options)) http.Handler {
	t.Helper()
	o := httpserver.Options{
		Log:            zerolog.New(log),
		Now:            ticking(),
		NewRequestID:   func() string { return "req_1" },
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		BaseURL:        baseURL,
		Policy:         httpserver.Policy{ScriptURL: offlineHost + "/v3/", APIBase: offlineHost},
		MaxBody:        1000,
		PlainHTTP:      []string{"/healthz", "/webhooks/"},
		StripeErrors:   []string{"/create-confirm-intent"},
		ErrorPage:      errorPage,
	}

	if change != nil {
		change(&o)
	}

	chain, err := httpserver.Middlewares(o)
	if err != nil {
		t.Fatal(err)
	}

	r := chi.NewRouter()
	r.Use(chain...)
	r.NotFound(httpserver.NotFound(nil))
	r.MethodNotAllowed(httpserver.MethodNotAllowed)
	routes(r)

	return r
}

func routes(r chi.Router) {
	r.Get("/healthz", httpserver.Health())
	r.Get("/static/*", func(http.ResponseWriter, *http.Request) {})
	r.Get("/orders/{id}", httpio.Handle(func(w http.ResponseWriter, r *http.Request) error {
		httpio.LogFields(r.Context()).Set("order_id", r.PathValue("id"))
		return httpio.WriteJSON(w, http.StatusOK, map[string]string{"id": r.PathValue("id")})
	}))

	r.Post("/orders", httpio.Handle(func(w http.ResponseWriter, r *http.Request) error {
		var v struct {
			Note string `json:"note"`
		}
		if err := httpio.DecodeJSON(w, r, &v, 5000); err != nil {
			return err
		}
		return httpio.WriteJSON(w, http.StatusCreated, v)
	}))

	r.Post("/create-confirm-intent", func(http.ResponseWriter, *http.Request) { panic(errPrivate) })
	r.Post("/webhooks/stripe", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r.Get("/fails", httpio.Handle(func(http.ResponseWriter, *http.Request) error { return errPrivate }))
	r.Get("/unavailable", httpio.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.Wrap(errPrivate, fault.Unavailable, "payment_provider_unavailable", "Later.")
	}))
	r.Get("/declined", httpio.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.Wrap(errPrivate, fault.Declined, "payment_declined", "No.")
	}))
	r.Get("/late", httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusOK)
		return errPrivate
	}))

	r.Get("/half", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("in the middle")
	})

	r.Get("/waits", httpio.Handle(func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}))

	r.Get("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	r.Get("/checkout/{id}", httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "the checkout")
		return err
	}))
}

func request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "203.0.113.9:4000"
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestAccessLogIsOneLineOfKnownMembers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		req  *http.Request
		want map[string]any // beside request_id, ip, message
	}{
		{"a success", request("GET", "/orders/ord_1?client_secret=hunter2", "", "Cookie", "checkoutd_order=hunter2"),
			map[string]any{
				"level":       "info",
				"method":      "GET",
				"route":       "/orders/{id}",
				"status":      200.,
				"bytes":       15.,
				"duration_ms": 1.5,
				"order_id":    "ord_1",
			}},
		{"a server error with its cause", request("GET", "/fails", ""),
			map[string]any{
				"level":       "error",
				"method":      "GET",
				"route":       "/fails",
				"status":      500.,
				"duration_ms": 1.5,
				"error_code":  "internal_error",
				"cause":       "pq: password hunter2",
			}},
		{"an error of Stripe with its cause", request("GET", "/unavailable", ""),
			map[string]any{
				"level":       "error",
				"method":      "GET",
				"route":       "/unavailable",
				"status":      503.,
				"duration_ms": 1.5,
				"error_code":  "payment_provider_unavailable",
				"cause":       "payment_provider_unavailable: pq: password hunter2",
			}},
		{"an error of the caller with its code only", request("GET", "/declined", ""),
			map[string]any{
				"level":       "info",
				"method":      "GET",
				"route":       "/declined",
				"status":      402.,
				"duration_ms": 1.5,
				"error_code":  "payment_declined",
			}},
		{"an error after the response is logged", request("GET", "/late", ""),
			map[string]any{
				"level":       "error",
				"method":      "GET",
				"route":       "/late",
				"status":      200.,
				"bytes":       0.,
				"duration_ms": 1.5,
				"error_code":  "internal_error",
				"cause":       "pq: password hunter2",
			}},
		{"a path without a route is not repeated", request("GET", "/wp-admin/hunter2", ""),
			map[string]any{
				"level":       "info",
				"method":      "GET",
				"route":       "(none)",
				"status":      404.,
				"duration_ms": 1.5,
				"error_code":  "not_found",
			}},
		{"a made-up method is not repeated", request("HUNTER2", "/orders", ""),
			map[string]any{
				"level":       "info",
				"method":      "(other)",
				"status":      405.,
				"duration_ms": 1.5,
				"error_code":  "method_not_allowed",
			}},
		{"a probe is for debugging only", request("GET", "/healthz", ""),
			map[string]any{
				"level":       "debug",
				"method":      "GET",
				"route":       "/healthz",
				"status":      200.,
				"bytes":       16.,
				"duration_ms": 1.5,
			}},
		{"a file of a page is for debugging only", request("GET", "/static/app.css", ""),
			map[string]any{
				"level":       "debug",
				"method":      "GET",
				"route":       "/static/*",
				"status":      200.,
				"bytes":       0.,
				"duration_ms": 1.5,
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log testkit.LogBook
			router(t, &log, nil).ServeHTTP(httptest.NewRecorder(), tt.req)

			lines := log.Lines(t)
			if len(lines) != 1 {
				t.Fatalf("got %d lines, want 1:\n%s", len(lines), log.String())
			}

			got := lines[0]
			tt.want["request_id"], tt.want["ip"], tt.want["message"] = "req_1", "203.0.113.9", "request"

			for name, value := range got {
				want, known := tt.want[name]
				if !known && (name == "bytes" || name == "route") {
					continue
				}
				if want != value {
					t.Errorf("%s: got %v, want %v", name, value, want)
				}
			}

			for name := range tt.want {
				if _, there := got[name]; !there {
					t.Errorf("%s is missing in %v", name, got)
				}
			}
		})
	}
}

func TestAClientThatLeftIsNotLoggedAsAnError(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	router(t, &log, nil).ServeHTTP(httptest.NewRecorder(), request("GET", "/waits", "").WithContext(ctx))
	line := log.Lines(t)[0]
	if line["status"] != 499. || line["level"] != "info" || line["cause"] != nil {
		t.Errorf("got %v, want a 499 at info without a cause", line)
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	t.Run("become a 500 problem, with Stripe's error object where wanted, and log the stack", func(t *testing.T) {
		t.Parallel()
		var log testkit.LogBook
		w := httptest.NewRecorder()
		router(t, &log, nil).ServeHTTP(w, request("POST", "/create-confirm-intent", "{}"))

		if w.Code != 500 || !strings.Contains(w.Body.String(), `"error":{"type":"api_error"`) ||
			strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("got %d %s", w.Code, w.Body)
		}

		line := log.Lines(t)[0]
		if line["cause"] != "panic: pq: password hunter2" || line["level"] != "error" ||
			!strings.Contains(line["stack"].(string), "chain_test.go") {
			t.Errorf("got %v", line)
		}
	})

	t.Run("in the middle of a response drop the connection", func(t *testing.T) {
		t.Parallel()
		var log testkit.LogBook
		srv := httptest.NewServer(router(t, &log, nil))
		defer srv.Close()

		resp, err := srv.Client().Get(srv.URL + "/half")
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil {
			t.Error("the partial response looked complete")
		}

		srv.Close()

		line := log.Lines(t)[0]
		if line["cause"] != "panic: in the middle" || line["level"] != "error" || line["aborted"] != true {
			t.Errorf("got %v", line)
		}
	})

	t.Run("with http.ErrAbortHandler are passed on", func(t *testing.T) {
		t.Parallel()
		defer func() {
			v := recover()
			if err, ok := v.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				t.Errorf("got %v, want http.ErrAbortHandler", v)
			}
		}()

		router(t, io.Discard, nil).ServeHTTP(httptest.NewRecorder(), request("GET", "/abort", ""))
		t.Error("the panic was swallowed")
	})
}

func TestCrossOriginCallsAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		req    *http.Request
		status int
	}{
		{"from our own page", request("POST", "/orders", `{"note":"a"}`, "Content-Type", "application/json",
			"Origin", baseURL, "Sec-Fetch-Site", "same-origin"), 201},
		{"from the public origin behind a proxy that rewrites Host",
			request("POST", "http://10.0.0.1/orders", `{"note":"a"}`, "Content-Type", "application/json",
				"Origin", baseURL), 201},
		{"from a client that is not a browser", request("POST", "/orders", `{"note":"a"}`, "Content-Type",
			"application/json"), 201},
		{"from another site", request("POST", "/orders", `{}`, "Content-Type", "application/json",
			"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), 403},
		{"from another host of the same site", request("POST", "/orders", `{}`, "Content-Type",
			"application/json", "Sec-Fetch-Site", "same-site", "Origin", "https://blog.shop.example"), 403},
		{"from an old browser on another site", request("POST", "/orders", `{}`, "Origin",
			"https://evil.example"), 403},
		{"from a sandboxed frame", request("POST", "/orders", `{}`, "Origin", "null", "Sec-Fetch-Site",
			"cross-site"), 403},
		{"a webhook has no origin", request("POST", "/webhooks/stripe", `{}`), 204},
		{"a webhook from a browser on another site",
			request("POST", "/webhooks/stripe", `{}`, "Sec-Fetch-Site", "cross-site"), 403},
		{"reading from another site", request("GET", "/orders/ord_1", "", "Sec-Fetch-Site", "cross-site"), 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			router(t, io.Discard, nil).ServeHTTP(w, tt.req)

			if w.Code != tt.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
			if tt.status == 403 && !strings.Contains(w.Body.String(), `"code":"cross_origin"`) {
				t.Errorf("got %s", w.Body)
			}
		})
	}

	t.Run("with Stripe's error object where the client wants it", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		router(t, io.Discard, nil).ServeHTTP(w, request("POST", "/create-confirm-intent", `{}`,
			"Sec-Fetch-Site", "cross-site"))

		if !strings.Contains(w.Body.String(), `"error":{"type":"invalid_request_error","code":"cross_origin"`) {
			t.Errorf("got %s", w.Body)
		}
	})
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	big := `{"note":"` + strings.Repeat("a", 2000) + `"}`
	t.Run("a body with a length", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		router(t, io.Discard, nil).ServeHTTP(w, request("POST", "/orders", big, "Content-Type", "application/json"))
		wantTooLarge(t, w)
	})

	t.Run("a chunked body without a length", func(t *testing.T) {
		t.Parallel()
		r := request("POST", "/orders", "", "Content-Type", "application/json")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(big)), -1
		w := httptest.NewRecorder()
		router(t, io.Discard, nil).ServeHTTP(w, r)
		wantTooLarge(t, w)
	})
}

func TestBodyLimitOfSomePaths(t *testing.T) {
	t.Parallel()
	h := httpserver.BodyLimit(10, map[string]int64{"/one": 20, "/all/": 20})(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	for path, want := range map[string]int{
		"/one": 200, "/one/more": 413, "/all/": 200, "/all/of/them": 200, "/all": 413, "/": 413,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("fifteen letters")))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// wantTooLarge checks that the response is 413 and closes the connection.
func wantTooLarge(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != 413 || !strings.Contains(w.Body.String(), "1000 bytes") || w.Header().Get("Connection") != "close" {
		t.Errorf("got %d %s, Connection %q", w.Code, w.Body, w.Header().Get("Connection"))
	}
}

func TestMissingRoutes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path string
		status             int
		allow, code        string
	}{
		{"an unknown path", "GET", "/nowhere", 404, "", "not_found"},
		{"a method that the route does not support", "DELETE", "/orders/ord_1", 405, "GET, HEAD",
			"method_not_allowed"},
		{"GET of a POST route", "GET", "/orders", 405, "POST", "method_not_allowed"},
		{"HEAD of a POST route", "HEAD", "/orders", 405, "POST", ""},
		{"a made-up method", "BREW", "/orders", 405, "POST", "method_not_allowed"},
		{"a made-up method nowhere", "BREW", "/nowhere", 404, "", "not_found"},
		{"HEAD of a GET route", "HEAD", "/orders/ord_1", 200, "", ""},
		{"no path at all", "OPTIONS", "*", 404, "", "not_found"},
		{"an escaped slash", "GET", "/orders%2Ford_1", 404, "", "not_found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			router(t, io.Discard, nil).ServeHTTP(w, request(tt.method, tt.path, ""))

			if w.Code != tt.status || w.Header().Get("Allow") != tt.allow {
				t.Errorf("got %d Allow %q, want %d %q", w.Code, w.Header().Get("Allow"), tt.status, tt.allow)
			}

			if tt.code != "" && (!strings.Contains(w.Body.String(), `"code":"`+tt.code+`"`) ||
				w.Header().Get("Content-Type") != "application/problem+json") {
				t.Errorf("got %s %s", w.Header().Get("Content-Type"), w.Body)
			}
		})
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	t.Run("health", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		httpserver.Health()(w, request("GET", "/healthz", ""))

		if w.Code != 200 || w.Body.String() != "{\"status\":\"ok\"}\n" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})

	nothing := func() string { return "" }
	t.Run("ready", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		httpserver.Ready(func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("the check has no deadline")
			}
			return nil
		}, nothing)(w, request("GET", "/readyz", ""))

		if w.Code != 200 || w.Body.String() != "{\"status\":\"ready\"}\n" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})

	t.Run("ready, but nobody can pay", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		httpserver.Ready(func(context.Context) error { return nil }, func() string { return "no key" })(w,
			request("GET", "/readyz", ""))

		if w.Code != 200 || w.Body.String() != "{\"status\":\"payments_not_possible\",\"detail\":\"no key\"}\n" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})

	t.Run("not ready, without the cause", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		httpserver.Ready(func(context.Context) error { return errPrivate }, func() string { return "no key" })(w, request("GET", "/readyz", ""))

		if w.Code != 503 || !strings.Contains(w.Body.String(), `"code":"not_ready"`) ||
			strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}
