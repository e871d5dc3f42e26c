package conform_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// object is what the tests read of an answer.
type object struct {
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Deleted bool     `json:"deleted"`
	Active  bool     `json:"active"`
	Status  string   `json:"status"`
	Data    []object `json:"data"`
}

// call makes a request with the test's key, for an account unless that is "".
func call(t *testing.T, method, url, body, account string) (out object, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}

	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	if account != "" {
		r.Header.Set("Stripe-Account", account)
	}

	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()

	var answer struct {
		object
		URL any `json:"url"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}

	answer.object.URL, _ = answer.URL.(string)
	return answer.object, res.StatusCode
}

func post(t *testing.T, url, body string) object {
	t.Helper()
	out, status := call(t, http.MethodPost, url, body, "")
	if status != http.StatusOK {
		t.Fatalf("POST %s: status %d", url, status)
	}
	return out
}

func list(t *testing.T, url, account string) []object {
	t.Helper()
	out, status := call(t, http.MethodGet, url, "", account)
	if status != http.StatusOK {
		t.Fatalf("GET %s: status %d", url, status)
	}
	return out.Data
}

func tryGet(t *testing.T, url string) (object, bool) {
	t.Helper()
	out, status := call(t, http.MethodGet, url, "", "")
	return out, status == http.StatusOK
}
