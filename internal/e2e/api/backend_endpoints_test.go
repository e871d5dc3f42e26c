package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// hooks is the backend of a shop that receives webhooks.
type hooks struct {
	*httptest.Server

	mu      sync.Mutex
	answer  int
	secrets []string // that have to verify what arrives
	types   []string // that have arrived
	forged  []string
}

func newHooks(t *testing.T) *hooks {
	t.Helper()
	h := &hooks{answer: http.StatusNoContent}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.Close)
	return h
}

func (h *hooks) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var got struct{ Type string }
	_ = json.Unmarshal(body, &got)

	h.mu.Lock()
	defer h.mu.Unlock()
	h.types = append(h.types, got.Type)
	for _, secret := range h.secrets {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err == nil {
			err = wh.Verify(body, r.Header)
		}
		if err != nil {
			h.forged = append(h.forged, got.Type+": "+err.Error())
		}
	}
	w.WriteHeader(h.answer)
	_, _ = fmt.Fprint(w, "no, "+got.Type)
}

func (h *hooks) set(answer int, secrets ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer, h.secrets = answer, secrets
}

func (h *hooks) got() (types, forged []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.types), slices.Clone(h.forged)
}

func TestEndpointsThroughTheAPI(t *testing.T) {
	t.Parallel()
	s, h := e2etest.OpenShop(t), newHooks(t)
	b := s.Backend(t, api.ScopeWrite)
	const all = "/v1/webhook_endpoints"

	made := b.Once("a", all, `{"url":"`+h.URL+`/hooks","types":["order.paid","order.*","order.paid"]}`)
	endpoint := b.Object(made)
	path := all + "/" + endpoint["id"].(string)
	secret, _ := endpoint["secret"].(string)
	if made.Status != http.StatusCreated || !strings.HasPrefix(secret, "whsec_") || made.Header.Get("Location") != path ||
		fmt.Sprint(endpoint["types"]) != "[order.* order.paid]" || endpoint["status"] != "enabled" {
		t.Fatalf("got %d %s", made.Status, made.Body)
	}
	if again := b.Once("a", all, `{"url":"`+h.URL+`/hooks","types":["order.paid","order.*","order.paid"]}`); again.Body != made.Body {
		t.Errorf("the repetition is answered with %d %s", again.Status, again.Body)
	}
	for _, p := range []string{all, path} {
		if r := b.Call("GET", p, ""); r.Status != http.StatusOK || strings.Contains(r.Body, "whsec_") || !strings.Contains(r.Body, h.URL) {
			t.Errorf("GET %s: %d %s", p, r.Status, r.Body)
		}
	}
	if list := b.Want(http.StatusOK, "GET", all, ""); len(list["data"].([]any)) != 1 {
		t.Errorf("a repetition made another endpoint: %v", list)
	}

	// A test arrives signed, and its answer is told.
	h.set(http.StatusNoContent, secret)
	if m := b.Want(http.StatusOK, "POST", path+"/test", ""); m["delivered"] != true || m["response_status"] != 204.0 {
		t.Errorf("the test: %v", m)
	}

	rotated := b.Want(http.StatusOK, "POST", path+"/rotate", `{"keep_seconds":3600}`)
	next, _ := rotated["secret"].(string)
	if next == secret || !strings.HasPrefix(next, "whsec_") {
		t.Errorf("rotated to %q", next)
	}
	once := b.Object(b.Once("r", path+"/rotate", `{}`))
	if again := b.Object(b.Once("r", path+"/rotate", `{}`)); again["secret"] != once["secret"] {
		t.Errorf("rotating once gives %v and %v", once["secret"], again["secret"])
	}

	// Both secrets sign what fails, and what is sent again.
	h.set(http.StatusInternalServerError, secret, next)
	id := s.Paid(t)
	deliveries := func(query string) []any {
		return b.Want(http.StatusOK, "GET", path+"/deliveries"+query, "")["data"].([]any)
	}
	s.Eventually("a try is kept", func() bool {
		list := deliveries("?order=" + id)
		return len(list) > 0 && len(list[0].(map[string]any)["tries"].([]any)) > 0
	})
	d := deliveries("?status=pending,failed&since=2020-01-01")[0].(map[string]any)
	try := d["tries"].([]any)[0].(map[string]any)
	if d["type"] != "order.paid" || d["status"] != "pending" || try["response_status"] != 500.0 || try["response_excerpt"] != "no, order.paid" {
		t.Errorf("the delivery is %v", d)
	}

	disabled := b.Want(http.StatusOK, "PATCH", path, `{"disabled":true}`)
	if disabled["status"] != "disabled" || disabled["disabled_reason"] == nil {
		t.Errorf("disabled: %v", disabled)
	}
	s.Eventually("what was on its way has failed", func() bool { return len(deliveries("?status=failed")) == 1 })
	b.WantProblem(path, b.Call("POST", path+"/redeliver", `{"failed":true}`), http.StatusConflict, "endpoint_disabled", "")

	h.set(http.StatusNoContent, secret, next)
	enabled := b.Want(http.StatusOK, "PATCH", path, `{"disabled":false,"types":null,"url":"`+h.URL+`/other"}`)
	if enabled["status"] != "enabled" || len(enabled["types"].([]any)) != 0 || enabled["url"] != h.URL+"/other" {
		t.Errorf("enabled: %v", enabled)
	}
	for n, body := range []string{`{"failed":true}`, `{"deliveries":["` + d["id"].(string) + `"]}`, `{"since":"2020-01-01"}`} {
		if m := b.Want(http.StatusOK, "POST", path+"/redeliver", body); m["count"] != 1.0 {
			t.Errorf("%s: %v", body, m)
		}
		s.Eventually("it is delivered", func() bool {
			types, _ := h.got()
			return len(deliveries("?status=delivered")) == 1 && len(types) >= 3+n
		})
	}
	if _, forged := h.got(); len(forged) > 0 {
		t.Errorf("these did not verify: %v", forged)
	}

	if r := b.Call("DELETE", path, ""); r.Status != http.StatusNoContent || r.Body != "" {
		t.Errorf("DELETE: %d %s", r.Status, r.Body)
	}
	for _, c := range [][2]string{{"DELETE", path}, {"GET", path}, {"PATCH", path}, {"POST", path + "/rotate"}, {"POST", path + "/test"}, {"GET", path + "/deliveries"}} {
		b.WantProblem(path, b.Call(c[0], c[1], `{}`), http.StatusNotFound, "endpoint_not_found", "")
	}
}

func TestEndpointRefusals(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("ENDPOINTS", `[{"url":"https://shop.example/hooks","secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}]`))
	b := s.Backend(t, api.ScopeWrite)
	const all = "/v1/webhook_endpoints"
	configured := b.Want(http.StatusOK, "GET", all, "")["data"].([]any)[0].(map[string]any)
	fixed := all + "/" + configured["id"].(string)
	mine := all + "/" + b.Want(http.StatusCreated, "POST", all, `{"url":"https://shop.example/mine","disabled":true}`)["id"].(string)

	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code, field              string
	}{
		{"no url", "POST", all, `{}`, 422, "url_missing", "url"},
		{"no address", "POST", all, `{"url":"shop"}`, 422, "url_invalid", "url"},
		{"a private network", "POST", all, `{"url":"https://10.0.0.1/"}`, 422, "url_invalid", "url"},
		{"the cloud's metadata", "PATCH", mine, `{"url":"http://169.254.169.254/"}`, 422, "url_invalid", "url"},
		{"a type of none", "POST", all, `{"url":"https://a.example/","types":["order.lost"]}`, 422, "type_unknown", "types"},
		{"a type of none later", "PATCH", mine, `{"types":["order.lost"]}`, 422, "type_unknown", "types"},
		{"an unknown field", "POST", all, `{"url":"https://a.example/","events":[]}`, 400, "unknown_field", "events"},
		{"a secret of its own", "POST", all, `{"url":"https://a.example/","secret":"whsec_1"}`, 400, "unknown_field", "secret"},
		{"the configuration's types", "PATCH", fixed, `{"types":[]}`, 409, "endpoint_configured", ""},
		{"the configuration's secret", "POST", fixed + "/rotate", ``, 409, "endpoint_configured", ""},
		{"the configuration's endpoint", "DELETE", fixed, ``, 409, "endpoint_configured", ""},
		{"secrets for ever", "POST", mine + "/rotate", `{"keep_seconds":2592001}`, 422, "number_out_of_range", "keep_seconds"},
		{"nothing again", "POST", mine + "/redeliver", `{}`, 422, "selection_missing", "deliveries"},
		{"since no time", "POST", mine + "/redeliver", `{"since":"soon"}`, 422, "time_invalid", "since"},
		{"another's delivery again", "POST", mine + "/redeliver", `{"deliveries":["dlv_none"]}`, 422, "delivery_unknown", "deliveries"},
		{"deliveries of a state of none", "GET", mine + "/deliveries?status=lost", ``, 422, "status_unknown", "status"},
		{"deliveries behind none", "GET", mine + "/deliveries?starting_after=dlv_none", ``, 422, "delivery_unknown", "starting_after"},
		{"endpoints by a parameter", "GET", all + "?limit=1", ``, 422, "parameter_unknown", "limit"},
		{"deliveries by a misspelt parameter", "GET", mine + "/deliveries?state=failed", ``, 422, "parameter_unknown", "state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b.WantProblem(c.path, b.Call(c.method, c.path, c.body), c.status, c.code, c.field)
		})
	}
	if m := b.Want(http.StatusOK, "PATCH", fixed, `{"disabled":true}`); m["status"] != "disabled" {
		t.Errorf("one of the configuration cannot be switched off: %v", m)
	}
}

func TestDeliveriesComeInPages(t *testing.T) {
	t.Parallel()
	s, h := e2etest.OpenShop(t), newHooks(t)
	b := s.Backend(t, api.ScopeWrite)
	path := "/v1/webhook_endpoints/" + b.Want(http.StatusCreated, "POST", "/v1/webhook_endpoints", `{"url":"`+h.URL+`"}`)["id"].(string)
	for range 3 {
		s.Paid(t)
	}
	s.Eventually("three are delivered", func() bool {
		return len(b.Want(http.StatusOK, "GET", path+"/deliveries?status=delivered", "")["data"].([]any)) == 3
	})

	var ids []string
	next := "?limit=2"
	for range 2 {
		page := b.Want(http.StatusOK, "GET", path+"/deliveries"+next, "")
		for _, d := range page["data"].([]any) {
			ids = append(ids, d.(map[string]any)["id"].(string))
		}
		if page["has_more"] != (len(ids) == 2) {
			t.Errorf("after %d: has_more is %v", len(ids), page["has_more"])
		}
		next = "?limit=2&starting_after=" + ids[len(ids)-1]
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 3 {
		t.Errorf("the pages have %v", ids)
	}
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if list := b.Want(http.StatusOK, "GET", path+"/deliveries?since="+later, "")["data"].([]any); len(list) != 0 {
		t.Errorf("since %s: %v", later, list)
	}
}
