package golive_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/golive"
)

// hookServer answers webhooks as checkoutd does, if their signature is good.
func hookServer(secret string, change func(body []byte) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Request-Id", "req_1")
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")

		if r.Method == http.MethodGet {
			http.Error(w, "no such order", http.StatusNotFound)
			return
		}

		body, _ := io.ReadAll(r.Body) // the test's own client sends it
		at, sum, _ := strings.Cut(r.Header.Get("Stripe-Signature"), ",v1=")
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = mac.Write([]byte(strings.TrimPrefix(at, "t=") + "."))
		_, _ = mac.Write(change(body))

		code := "bad_signature"
		if hex.EncodeToString(mac.Sum(nil)) == sum {
			code = "bad_envelope"
		}

		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":"`+code+`"}`)
	}
}

// TestLookFromOutside looks at servers with a certificate, behind a proxy that
// changes what it passes on, and where nobody answers.
func TestLookFromOutside(t *testing.T) {
	t.Parallel()
	same := func(b []byte) []byte { return b }
	look := func(server *httptest.Server, client *http.Client) golive.Outside {
		setup := golive.Setup{BaseURL: server.URL, WebhookURL: server.URL + "/webhooks/stripe"}
		secrets := []golive.HookSecret{{Option: "STRIPE_WEBHOOK_SECRET", Value: "whsec_1"}}
		return golive.LookFromOutside(t.Context(), client, setup, secrets, golive.Canary{Email: "a@b.c"}, time.Now)
	}

	good := httptest.NewTLSServer(hookServer("whsec_1", same))
	defer good.Close()

	o := look(good, good.Client())
	if o.Page.Err != nil || o.Page.RequestID != "req_1" || o.Page.CertEnds.IsZero() || o.Page.Strict == "" ||
		o.Hook[0].Code != "bad_envelope" {
		t.Errorf("got %+v", o)
	}

	// httptest's certificate is nobody's but its own client's.
	if o := look(good, &http.Client{}); o.Page.Err == nil || strings.Contains(o.Page.Err.Error(), "a@b.c") {
		t.Errorf("with a certificate that nobody knows: got %v", o.Page.Err)
	}

	// A proxy that writes the body anew.
	squeezed := httptest.NewTLSServer(hookServer("whsec_1", func(b []byte) []byte {
		return []byte(strings.ReplaceAll(string(b), "  ", " "))
	}))
	defer squeezed.Close()

	if o := look(squeezed, squeezed.Client()); o.Hook[0].Code != "bad_signature" {
		t.Errorf("behind a proxy that changes the body: got %+v", o.Hook)
	}

	gone := httptest.NewServer(nil)
	gone.Close()

	if o := look(gone, &http.Client{}); o.Page.Err == nil || o.Hook[0].Err == nil {
		t.Errorf("where nobody answers: got %+v", o)
	}
}

// TestSearchTracked looks for keys in a folder that git tracks.
func TestSearchTracked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}

	live := "rk_" + "live_" + strings.Repeat("a1", 12) // in two parts, so that nobody takes it for one
	for name, content := range map[string]string{
		"good.txt":      "STRIPE_SECRET_KEY=\n",
		"deploy/.env":   "A=1\nSTRIPE_WEBHOOK_SECRET=whsec_ours\n",
		"old.txt":       "key: " + live + "\n",
		"untracked.txt": "whsec_ours\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	if _, err := golive.SearchTracked(t.Context(), dir, nil); err == nil {
		t.Error("a folder without git: got no error")
	}

	git("init", "-q")
	git("add", "good.txt", "deploy", "old.txt")

	found, err := golive.SearchTracked(t.Context(), dir, []string{"whsec_ours"})
	if want := []string{"deploy/.env:2", "old.txt:1"}; err != nil || found.Files != 3 || !slices.Equal(found.Found, want) {
		t.Errorf("got %+v, %v; want %v in 3 files", found, err, want)
	}
}

// TestSearchLog looks for a canary in logs.
func TestSearchLog(t *testing.T) {
	t.Parallel()
	canary := golive.Canary{
		Email:  "golive@canary.example",
		Card:   "4242424000000009",
		Secret: "pi_1_secret_1",
	}

	for name, tc := range map[string]struct {
		line  string
		seen  bool
		found []string
	}{
		"the server's own": {line: `{"request_id":"req_1","path":"/complete"}`, seen: true},
		"another server's": {line: `{"request_id":"req_2"}`},
		"a proxy's": {
			line:  `GET /complete?email=golive%40canary.example req_1`,
			seen:  true,
			found: []string{"an e-mail address"},
		},
		"with a secret": {
			line:  `req_1 pi_1_secret_1`,
			seen:  true,
			found: []string{"a client secret"},
		},
		"with a card": {
			line:  `req_1 4242424000000009`,
			seen:  true,
			found: []string{"a card number"},
		},
		"with a key": {line: "old: whsec_ours", found: []string{"a key or a secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(file, []byte("first\n"+tc.line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}

			l, err := golive.SearchLog(t.Context(), file, canary, "req_1", []string{"whsec_ours"}, 0)
			if err != nil || l.Seen != tc.seen || !slices.Equal(l.Found, tc.found) {
				t.Errorf("got %+v, %v; want seen %t, found %v", l, err, tc.seen, tc.found)
			}
		})
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	if _, err := golive.SearchLog(ctx, filepath.Join(t.TempDir(), "none"), canary, "req_1", nil, 0); err == nil {
		t.Error("a log that is not there: got no error")
	}
}

// TestUndeliveredBeyondTheBound checks that what was not read is not green.
func TestUndeliveredBeyondTheBound(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.moreEvents = true

	c := w.run(t)["events-delivered"]
	if c.Status != golive.Hidden || !strings.Contains(c.Evidence, "not visible beyond 2025-03-01 11:59:00") {
		t.Errorf("got %+v, want it not visible beyond the last one", c)
	}

	w.undelivered = append(w.undelivered, golive.Event{ID: "evt_lost", Type: "charge.refunded", Created: start.Add(-2 * time.Hour)})
	if c := w.run(t)["events-delivered"]; c.Status != golive.Red || !strings.Contains(c.Evidence, "evt_lost") {
		t.Errorf("with a lost one: got %+v", c)
	}
}
