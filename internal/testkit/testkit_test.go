package testkit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"checkoutd/internal/testkit"
)

func TestClockStandsStillUntilMoved(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()

	if got := clock.Now(); got != testkit.Start || got != clock.Now() {
		t.Errorf("a new clock shows %v, want %v", got, testkit.Start)
	}
	if got, want := clock.Advance(time.Hour), testkit.Start.Add(time.Hour); got != want || clock.Now() != want {
		t.Errorf("the moved clock shows %v, want %v", got, want)
	}
}

func TestLogBook(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	for n := range 3 {
		_, _ = fmt.Fprintf(&log, "{\"n\":%d}\n", n)
	}

	if got, want := log.Tail(2), "{\"n\":1}\n{\"n\":2}"; got != want {
		t.Errorf("the tail is %q, want %q", got, want)
	}

	lines := log.Lines(t)
	if len(lines) != 3 || lines[2]["n"] != 2.0 {
		t.Errorf("the lines are %v, want three numbers", lines)
	}
}

func TestBuyerKeepsCookies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, err := r.Cookie("seen")
		if err != nil {
			seen = &http.Cookie{Value: "nothing"}
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "us"})
		_, _ = fmt.Fprintf(w, `{"method":%q,"type":%q,"seen":%q}`, r.Method, r.Header.Get("Content-Type"), seen.Value)
	}))
	t.Cleanup(server.Close)
	b := testkit.NewBuyer(t, time.Minute)

	first := b.Object(b.Call("POST", server.URL, `{}`))
	second := b.Object(b.Call("PUT", server.URL, `{}`, "Content-Type:"))

	if first["method"] != "POST" || first["type"] != "application/json" || first["seen"] != "nothing" {
		t.Errorf("the first request was %v", first)
	}
	if second["method"] != "PUT" || second["type"] != "" || second["seen"] != "us" {
		t.Errorf("the second request was %v", second)
	}
	if got := b.Cookies(server.URL)["seen"]; got != "us" {
		t.Errorf("the cookie is %q, want us", got)
	}
}
