package store_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store/storetest"
)

// TestPostgresRoundTrips counts how often a call waits for the server, which is
// what a call costs when the server is on another machine.
func TestPostgresRoundTrips(t *testing.T) {
	t.Parallel()
	trips := &tripCounter{}
	s, ctx := openMigrated(t, trips.inFrontOf(t, storetest.PostgresURL(t))), t.Context()
	if err := s.CreateOrder(ctx, anOrder("ord_1")); err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		want int64
		call func() error
	}{
		"order": {1, func() error { _, err := s.Order(ctx, "ord_1"); return err }},
		"read":  {1, func() error { _, err := s.Read(ctx, "ord_1"); return err }},
		"change": {2, func() error {
			return s.Update(ctx, "ord_1", nil, func(st *payments.State) error {
				st.Order.Refunded++
				st.Refunds = append(st.Refunds, payments.Refund{ID: fmt.Sprintf("re_%d", st.Order.Refunded)})
				return nil
			})
		}},
		"change by the buyer": {2, func() error {
			_, err := s.UpdateOrder(ctx, "ord_1", func(o *orders.Order) error { o.Version++; return nil })
			return err
		}},
	} {
		fewest := int64(1000) // the first call prepares, and one after a pause checks the connection
		for range 5 {
			before := trips.n.Load()
			if err := c.call(); err != nil {
				t.Fatal(err)
			}

			fewest = min(fewest, trips.n.Load()-before)
		}

		if fewest != c.want {
			t.Errorf("%s: %d round trips, want %d", name, fewest, c.want)
		}
	}
}

// tripCounter is a proxy that counts how often a client sends after the server
// has sent.
type tripCounter struct{ n atomic.Int64 }

// inFrontOf returns the address of a database behind the proxy.
func (c *tripCounter) inFrontOf(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}

	server := u.Host

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}

			open.Go(func() { c.serve(t, client, server) })
		}
	})

	t.Cleanup(func() { // after the store is closed
		_ = l.Close()
		open.Wait()
	})

	u.Host = l.Addr().String()

	return u.String()
}

func (c *tripCounter) serve(t *testing.T, client net.Conn, address string) {
	defer client.Close() //nolint:errcheck // a test's proxy

	server, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}

	var serverSent atomic.Bool
	var both sync.WaitGroup
	both.Go(func() {
		defer server.Close() //nolint:errcheck // as above

		_, _ = io.Copy(noting{server, func() {
			if serverSent.Swap(false) {
				c.n.Add(1)
			}
		}}, client)
	})

	both.Go(func() {
		defer client.Close() //nolint:errcheck // a test's proxy

		_, _ = io.Copy(noting{client, func() { serverSent.Store(true) }}, server)
	})

	both.Wait()
}

// noting calls note before each write.
type noting struct {
	io.Writer
	note func()
}

func (n noting) Write(p []byte) (int, error) {
	n.note()
	return n.Writer.Write(p)
}
