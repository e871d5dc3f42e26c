package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
	"checkoutd/internal/testhost"
)

const (
	secretKey      = "sk_test_sandbox123"
	publishableKey = "pk_test_sandbox123"
	connectClient  = "ca_SandboxApplication"
	shopCallback   = "https://shop.test/back"
)

// box is a running sandbox with a small client that is independent of Stripe's
// libraries.
type box struct {
	t   *testing.T
	s   *sandbox.Server
	url string
}

func newBox(t *testing.T, change ...func(*sandbox.Config)) *box {
	t.Helper()
	cfg := sandbox.Config{
		Manage:       true,
		DeliverTo:    []string{"*"},
		RetryDelays:  []time.Duration{time.Millisecond, time.Millisecond},
		DelayedAfter: -1,

		ConnectRedirects: []string{shopCallback},
	}

	for _, f := range change {
		f(&cfg)
	}

	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}

	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), testhost.Patience)
		defer cancel()

		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})

	return &box{t: t, s: s, url: web.URL}
}

// reply is a decoded response.
type reply struct {
	status int
	header http.Header
	tree   map[string]any
	raw    []byte
}

// at returns the value at a dotted path, such as "data.0.id".
func (r reply) at(path string) any {
	var node any = r.tree
	for _, step := range strings.Split(path, ".") {
		switch at := node.(type) {
		case map[string]any:
			node = at[step]
		case []any:
			i := int(step[0] - '0')
			if i >= len(at) {
				return nil
			}

			node = at[i]

		default:
			return nil
		}
	}

	return node
}

func (r reply) str(path string) string { s, _ := r.at(path).(string); return s }

func (r reply) num(path string) int64 {
	n, _ := r.at(path).(json.Number)
	i, _ := n.Int64()
	return i
}

func (r reply) size(path string) int { l, _ := r.at(path).([]any); return len(l) }

// form encodes "a=b" pairs. It escapes the values but not the keys, like
// Stripe's command line.
func form(pairs ...string) string {
	var out []string
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		out = append(out, key+"="+url.QueryEscape(value))
	}
	return strings.Join(out, "&")
}

// rand returns a unique text.
func rand() string { return strconv.FormatInt(counter.Add(1), 10) }

var counter atomic.Int64

type option func(*http.Request)

func header(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }
func withKey(key string) option        { return header("Authorization", "Bearer "+key) }

func (b *box) send(method, path, body string, opts ...option) (reply, error) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}

	req.Header.Set("Authorization", "Bearer "+secretKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}

	for _, o := range opts {
		o(req)
	}

	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()

	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}

	out := reply{status: resp.StatusCode, header: resp.Header, raw: raw}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	_ = dec.Decode(&out.tree) // pages are not JSON

	return out, nil
}

func (b *box) do(method, path, body string, opts ...option) reply {
	b.t.Helper()
	r, err := b.send(method, path, body, opts...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (b *box) post(path string, pairs ...string) reply {
	b.t.Helper()
	return b.do("POST", path, form(pairs...))
}
func (b *box) get(path string) reply { b.t.Helper(); return b.do("GET", path, "") }

// ok posts and fails the test unless the status is 200.
func (b *box) ok(path string, pairs ...string) reply {
	b.t.Helper()
	r := b.post(path, pairs...)
	if r.status != http.StatusOK {
		b.t.Fatalf("POST %s: status %d, %s", path, r.status, r.raw)
	}
	return r
}

// types returns the types of the emitted events, oldest first.
func (b *box) types() []string {
	b.t.Helper()
	var out []string
	r := b.get("/v1/events?limit=100")
	for i := r.size("data") - 1; i >= 0; i-- {
		data, _ := r.tree["data"].([]any)
		ev, _ := data[i].(map[string]any)
		kind, _ := ev["type"].(string)
		out = append(out, kind)
	}
	return out
}

// emits moves the clock by the seconds after which Stripe tells the rest about
// a payment or a refund, and checks the types of all events, oldest first.
func (b *box) emits(expected string) {
	b.t.Helper()
	b.s.Advance(5 * time.Second)

	n := len(strings.Fields(expected))
	eventually(b.t, expected, func() bool { return len(b.types()) >= n })
	want(b.t, "events", strings.Join(b.types(), " "), expected)
}

func want[T comparable](t *testing.T, what string, got, expected T) {
	t.Helper()
	if got != expected {
		t.Errorf("%s: got %v, want %v", what, got, expected)
	}
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testhost.Patience); time.Now().Before(deadline); {
		if cond() {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("not in time: %s", what)
}

// shortDelay makes delayed payments be decided after a moment.
func shortDelay(cfg *sandbox.Config) { cfg.DelayedAfter = time.Millisecond }
