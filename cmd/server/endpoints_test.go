package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/testhost"
)

// receiving returns a receiver and the channel of what it gets.
func receiving(t *testing.T, status int) (url string, got chan http.Header) {
	t.Helper()
	got = make(chan http.Header, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Header
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

var (
	endpointID = regexp.MustCompile(`we_[a-z0-9]+`)
	secretText = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`)
)

func TestEndpointsCommand(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.settings["ENDPOINTS_ALLOW_NETWORKS"] = "127.0.0.1"
	s := p.open()

	url, got := receiving(t, http.StatusNoContent)
	out := p.ok("endpoints", "add", url, "--types", "order.paid,order.refunded")
	id, secret := endpointID.FindString(out), secretText.FindString(out)
	if id == "" || deliveries.CheckSecret(secret) != nil {
		t.Fatalf("add printed %q", out)
	}

	list := p.ok("endpoints", "list")
	for _, want := range []string{id, url, "order.paid,order.refunded", "enabled"} {
		if !strings.Contains(list, want) || strings.Contains(list, secret) {
			t.Errorf("the list lacks %q, or shows the secret:\n%s", want, list)
		}
	}

	if out := p.ok("endpoints", "test", id); !strings.Contains(out, "204") {
		t.Errorf("test printed %q", out)
	}
	if head := <-got; head.Get(deliveries.HeaderID) == "" || len(strings.Fields(head.Get(deliveries.HeaderSignature))) != 1 {
		t.Errorf("the test has the head %v", head)
	}

	next := secretText.FindString(p.ok("endpoints", "rotate", id, "--keep", "1h"))
	p.ok("endpoints", "test", id)
	if head := <-got; next == secret || len(strings.Fields(head.Get(deliveries.HeaderSignature))) != 2 {
		t.Errorf("after the rotation the head is %v", head)
	}

	p.ok("endpoints", "disable", id)
	if list := p.ok("endpoints", "list"); !strings.Contains(list, "a person disabled it") {
		t.Errorf("the list is\n%s", list)
	}
	p.fails([]string{"endpoints", "redeliver", id, "--failed"}, "disabled")
	p.ok("endpoints", "enable", id)
	if out := p.ok("endpoints", "redeliver", id, "--since", "2026-01-01"); !strings.HasPrefix(out, "0 deliveries") {
		t.Errorf("redeliver printed %q", out)
	}
	p.ok("endpoints", "deliveries", id, "--state", "failed,pending")

	p.ok("endpoints", "remove", id)
	if left, err := s.Endpoints(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left are %+v, %v", left, err)
	}
}

func TestEndpointsRefusals(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.open()

	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "use add, list"},
		{[]string{"sing"}, `unknown command "sing"`},
		{[]string{"add"}, "one URL"},
		{[]string{"add", "http://127.0.0.1:3000"}, "https://"},
		{[]string{"add", "https://10.0.0.1/"}, "not public"},
		{[]string{"add", "https://shop.example", "--types", "order.payed"}, "order.payed"},
		{[]string{"list", "we_1"}, "unexpected"},
		{[]string{"test", "we_none"}, "no such endpoint"},
		{[]string{"rotate", "we_none"}, "no such endpoint"},
		{[]string{"disable", "we_none"}, "no such endpoint"},
		{[]string{"enable"}, "one ID"},
		{[]string{"remove", "we_none"}, "no such endpoint"},
		{[]string{"show", "dlv_none"}, "no such endpoint"},
		{[]string{"redeliver", "we_none"}, "--failed"},
		{[]string{"redeliver", "we_none", "--failed"}, "no such endpoint"},
		{[]string{"deliveries", "--state", "lost"}, "lost"},
		{[]string{"deliveries", "--limit", "0"}, "--limit"},
		{[]string{"rotate", "we_none", "--keep", "-1h"}, "--keep"},
		{[]string{"listen"}, "https://"},
		{[]string{"listen", "--forward-to", "localhost:3000"}, "--forward-to"},
		{[]string{"listen", "--forward-to", "/hooks"}, "--forward-to"},
		{[]string{"listen", "--answer", "999"}, "--answer"},
	} {
		args := append([]string{"endpoints"}, tt.args...)
		p.fails(args, tt.want)

		_, _, err := p.run(args...)
		for _, code := range []string{"url_invalid", "type_unknown", "endpoint_not_found"} {
			if strings.Contains(fmt.Sprint(err), code) {
				t.Errorf("%v: the error shows the code %s: %v", args, code, err)
			}
		}
	}
}

// listen passes a webhook on, twice and with another answer if it is asked to,
// and leaves nothing behind.
func TestEndpointsListen(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.settings["ENDPOINTS_ALLOW_NETWORKS"] = "127.0.0.1"
	s := p.open()
	url, got := receiving(t, http.StatusNoContent)

	e, out, _ := p.env()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"endpoints", "listen", "--forward-to", url, "--duplicate", "--answer", "503"}, e)
	}()

	deadline := time.Now().Add(testhost.Patience)
	for !strings.Contains(out.String(), "whsec_") {
		if time.Now().After(deadline) {
			t.Fatal("it does not listen")
		}
		time.Sleep(time.Millisecond)
	}

	list, err := s.Endpoints(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("the endpoints are %+v, %v", list, err)
	}
	sender := deliveries.NewSender(deliveries.Loopback(), "test", time.Now)
	try, err := sender.Test(t.Context(), list[0])
	if err != nil || try.Status != http.StatusServiceUnavailable {
		t.Errorf("got %+v, %v", try, err)
	}
	for range 2 {
		if head := <-got; head.Get(deliveries.HeaderSignature) == "" {
			t.Errorf("passed on with the head %v", head)
		}
	}

	forged := list[0]
	forged.Secrets = []deliveries.Secret{{Value: deliveries.NewSecret()}}
	if try, err := sender.Test(t.Context(), forged); err != nil || try.Status != http.StatusUnauthorized {
		t.Errorf("a forged one got %+v, %v", try, err)
	}

	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if list, err := s.Endpoints(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("left are %+v, %v", list, err)
	}
	if !strings.Contains(out.String(), "endpoint.test") || !strings.Contains(out.String(), "your backend answered 204") {
		t.Errorf("it printed %q", out.String())
	}
}
