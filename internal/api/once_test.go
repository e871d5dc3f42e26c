package api_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
)

// backend is a service on a database of its own, with a key.
type backend struct {
	*testing.T
	svc    *api.Service
	store  *store.Store
	clock  *testkit.Clock
	secret string
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{T: t, clock: testkit.NewClockAt(noon)}

	var err error
	b.store, err = store.Open(t.Context(), storetest.SQLiteURL(t),
		store.Options{Now: b.clock.Now, Log: zerolog.Nop(), Timeout: time.Minute})
	if err == nil {
		err = b.store.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() })

	b.secret = b.newKey()
	b.svc = api.New(api.Config{Keys: b.store, Requests: b.store, Orders: b.store, Now: b.clock.Now, Log: zerolog.Nop()})

	return b
}

func (b *backend) newKey() (secret string) {
	b.Helper()
	key, secret, err := api.NewKey("Backend", api.ScopeWrite, false, b.clock.Now())
	if err == nil {
		err = b.store.CreateAPIKey(b.Context(), key)
	}
	if err != nil {
		b.Fatal(err)
	}
	return secret
}

// post serves a POST with h. An empty name sends no Idempotency-Key.
func (b *backend) post(h api.Handler, secret, name, path, body string) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	if name != "" {
		r.Header.Set("Idempotency-Key", name)
	}

	w := httptest.NewRecorder()
	identified := httpio.Identify(nil, func() string { return "req_1" })
	identified(b.svc.Post(api.ScopeWrite, h)).ServeHTTP(w, r)

	return w
}

func (b *backend) want(w *httptest.ResponseRecorder, status int, body string, replayed bool) {
	b.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), body) {
		b.Errorf("got %d %s, want %d %s", w.Code, w.Body, status, body)
	}
	if got := w.Header().Get("Idempotent-Replayed") == "true"; got != replayed {
		b.Errorf("replayed: %t, want %t", got, replayed)
	}
}

// counting is a handler that creates something at each call.
type counting struct {
	mu    sync.Mutex
	ids   []string // of what it was asked to create
	begin func()
	err   error
}

func (h *counting) serve(w http.ResponseWriter, r *http.Request, c api.Call) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}

	h.mu.Lock()
	id, _ := c.ID("ord_")
	h.ids = append(h.ids, id)
	begin, failure := h.begin, h.err
	h.mu.Unlock()

	if begin != nil {
		begin()
	}
	if failure != nil {
		return failure
	}

	w.Header().Set("Location", "/made")
	return httpio.WriteJSON(w, http.StatusCreated, map[string]string{"id": id, "body": string(text)})
}

func TestOnce(t *testing.T) {
	t.Parallel()

	t.Run("a repetition gets the stored answer for a day", func(t *testing.T) {
		t.Parallel()
		b, h := newBackend(t), &counting{}
		first := b.post(h.serve, b.secret, "key", "/v1/a", `{"a":1,"b":"x"}`)
		b.want(first, http.StatusCreated, `ord_`, false)

		b.clock.Advance(24*time.Hour - time.Second)
		again := b.post(h.serve, b.secret, "key", "/v1/a", ` { "b": "x", "a": 1 } `)
		b.want(again, http.StatusCreated, first.Body.String(), true)
		if again.Header().Get("Location") != "/made" || again.Header().Get("Content-Type") != "application/json" {
			t.Errorf("the headers are %v", again.Header())
		}

		b.clock.Advance(time.Second)
		b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{"a":1,"b":"x"}`), http.StatusCreated, `ord_`, false)
		if len(h.ids) != 2 || h.ids[0] == h.ids[1] {
			t.Errorf("made %q, want another one after the day", h.ids)
		}
	})

	t.Run("another request under the same key is refused", func(t *testing.T) {
		t.Parallel()
		b, h := newBackend(t), &counting{}
		b.post(h.serve, b.secret, "key", "/v1/a", `{"a":1}`)
		for path, body := range map[string]string{"/v1/a": `{"a":2}`, "/v1/b": `{"a":1}`} {
			b.want(b.post(h.serve, b.secret, "key", path, body), http.StatusUnprocessableEntity, "idempotency_key_reused", false)
		}
		b.want(b.post(h.serve, b.newKey(), "key", "/v1/a", `{"a":2}`), http.StatusCreated, `\"a\":2`, false)
	})

	t.Run("without a key every request counts", func(t *testing.T) {
		t.Parallel()
		b, h := newBackend(t), &counting{}
		b.post(h.serve, b.secret, "", "/v1/a", `{}`)
		b.post(h.serve, b.secret, "", "/v1/a", `{}`)
		if len(h.ids) != 2 || h.ids[0] != "" {
			t.Errorf("made %q, want two without a name", h.ids)
		}
	})

	t.Run("a strange key is refused", func(t *testing.T) {
		t.Parallel()
		b, h := newBackend(t), &counting{}
		for _, name := range []string{strings.Repeat("k", 256), "clé", "tab\there"} {
			b.want(b.post(h.serve, b.secret, name, "/v1/a", `{}`), http.StatusBadRequest, "idempotency_key_invalid", false)
		}
		b.want(b.post(h.serve, b.secret, strings.Repeat("k", 255), "/v1/a", `{}`), http.StatusCreated, "", false)
	})

	t.Run("while it is in progress a repetition has to wait", func(t *testing.T) {
		t.Parallel()
		b, h := newBackend(t), &counting{}
		var inside *httptest.ResponseRecorder
		h.begin = func() {
			h.begin = nil
			inside = b.post(h.serve, b.secret, "key", "/v1/a", `{}`)
		}
		b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{}`), http.StatusCreated, "", false)
		b.want(inside, http.StatusConflict, "idempotency_key_in_progress", false)
		if inside.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{}`), http.StatusCreated, "", true)
	})
}

// TestACutRequestIsFoundAgain: the server dies after the call had its effect,
// before the answer is stored. The repetition has the same name.
func TestACutRequestIsFoundAgain(t *testing.T) {
	t.Parallel()
	b, h := newBackend(t), &counting{begin: func() { panic("killed") }}
	func() {
		defer func() { _ = recover() }()
		b.post(h.serve, b.secret, "key", "/v1/a", `{}`)
	}()

	h.begin = nil
	b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{}`), http.StatusConflict, "idempotency_key_in_progress", false)
	b.clock.Advance(time.Minute)
	b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{}`), http.StatusCreated, "ord_", false)
	b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{}`), http.StatusCreated, "ord_", true)
	if len(h.ids) != 2 || h.ids[0] != h.ids[1] || h.ids[0] == "" {
		t.Errorf("made %q, want the same one twice", h.ids)
	}
}

// TestOverlappingCallsShowOneSecret: the first call outlives its lease, and a
// repetition is carried out beside it. What both answers show is the same, so
// that neither ends what the other has given away.
func TestOverlappingCallsShowOneSecret(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	var secrets [][32]byte
	var inside *httptest.ResponseRecorder
	var h func(w http.ResponseWriter, r *http.Request, c api.Call) error
	h = func(w http.ResponseWriter, _ *http.Request, c api.Call) error {
		secrets = append(secrets, c.Secret("order"))
		if len(secrets) == 1 {
			b.clock.Advance(time.Minute)
			inside = b.post(h, b.secret, "key", "/v1/a", `{}`)
		}
		return httpio.WriteJSON(w, http.StatusCreated, "made")
	}

	b.want(b.post(h, b.secret, "key", "/v1/a", `{}`), http.StatusCreated, "made", false)
	b.want(inside, http.StatusCreated, "made", false)
	b.post(h, b.secret, "other", "/v1/a", `{}`)
	b.post(h, b.secret, "", "/v1/a", `{}`)
	if len(secrets) != 4 || secrets[0] != secrets[1] || secrets[1] == secrets[2] || secrets[2] == secrets[3] {
		t.Errorf("the calls showed %x; want one secret for each request", secrets)
	}
}

// TestWhichAnswersAreKept: an answer that a repetition may change is not kept,
// and after a refusal that did nothing the body may be mended.
func TestWhichAnswersAreKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		err            error
		kept, mendable bool
	}{
		{"the order's state", fault.New(fault.Conflict, "order_not_paid", "No."), true, false},
		{"no such order", fault.New(fault.NotFound, "order_not_found", "No."), true, false},
		{"an invalid value", fault.InvalidField("amount", "amount_out_of_range", "No."), false, true},
		{"an unreadable body", fault.New(fault.Malformed, "invalid_json", "No."), false, true},
		{"an unknown outcome", fault.New(fault.Unavailable, "operation_unknown", "Wait."), false, false},
		{"another operation", fault.New(fault.Conflict, "operation_in_progress", "Wait."), false, false},
		{"a payment", fault.New(fault.Conflict, "payment_in_progress", "Wait."), false, false},
		{"a bug", errors.New("broken"), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, h := newBackend(t), &counting{err: c.err}
			first := b.post(h.serve, b.secret, "key", "/v1/a", `{"a":1}`)
			h.err = nil

			if c.mendable {
				b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{"a":2}`), http.StatusCreated, "ord_", false)
				return
			}
			b.want(b.post(h.serve, b.secret, "key", "/v1/a", `{"a":2}`), http.StatusUnprocessableEntity, "idempotency_key_reused", false)

			again := b.post(h.serve, b.secret, "key", "/v1/a", `{"a":1}`)
			if c.kept {
				b.want(again, first.Code, first.Body.String(), true)
				return
			}
			b.want(again, http.StatusCreated, "ord_", false)
			if h.ids[0] != h.ids[1] {
				t.Errorf("made %q, want the same name", h.ids)
			}
		})
	}
}

func TestSweepRemovesExpiredAnswers(t *testing.T) {
	t.Parallel()
	b, h := newBackend(t), &counting{}
	b.post(h.serve, b.secret, "first", "/v1/a", `{}`)
	b.clock.Advance(time.Hour)
	b.post(h.serve, b.secret, "second", "/v1/a", `{}`)
	b.clock.Advance(23 * time.Hour)
	for _, want := range []int{1, 0} {
		if n, err := b.svc.Sweep(t.Context()); n != want || err != nil {
			t.Errorf("removed %d, %v; want %d", n, err, want)
		}
	}
}
