package store_test

import (
	"encoding/binary"
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
// what a call costs when the server is on another machine, and the statements
// that it sends, BEGIN and COMMIT included, which is what it costs on this one.
func TestPostgresRoundTrips(t *testing.T) {
	t.Parallel()
	trips := &tripCounter{}
	s, ctx := openMigrated(t, trips.inFrontOf(t, storetest.PostgresURL(t))), t.Context()
	for _, id := range []string{"ord_1", "ord_refunded"} {
		if err := s.CreateOrder(ctx, anOrder(id)); err != nil {
			t.Fatal(err)
		}
	}

	update := func(id string, change func(*payments.State)) func() error {
		return func() error {
			return s.Update(ctx, id, nil, func(st *payments.State) error {
				change(st)
				return nil
			})
		}
	}

	addRefund := func(st *payments.State) {
		st.Refunds = append(st.Refunds, payments.Refund{ID: fmt.Sprintf("re_%d", len(st.Refunds))})
	}
	if err := update("ord_refunded", addRefund)(); err != nil {
		t.Fatal(err)
	}

	for name, c := range map[string]struct {
		trips, statements int64
		call              func() error
	}{
		"order": {1, 1, func() error { _, err := s.Order(ctx, "ord_1"); return err }},
		"read":  {1, 10, func() error { _, err := s.Read(ctx, "ord_1"); return err }},
		// The order, its attempts and intents, and what else it has: nothing.
		"change": {2, 7, update("ord_1", func(st *payments.State) { st.Order.Version++ })},
		// The same, and its refunds.
		"change of a refunded order": {3, 8, update("ord_refunded", addRefund)},
		"change by the buyer": {2, 4, func() error {
			_, err := s.UpdateOrder(ctx, "ord_1", func(o *orders.Order) error { o.Version++; return nil })
			return err
		}},
	} {
		fewest, statements := int64(1000), int64(1000) // the first call prepares, and one after a pause checks the connection
		for range 5 {
			before, sent := trips.n.Load(), trips.statements.Load()
			if err := c.call(); err != nil {
				t.Fatal(err)
			}

			fewest = min(fewest, trips.n.Load()-before)
			statements = min(statements, trips.statements.Load()-sent)
		}

		if fewest != c.trips || statements != c.statements {
			t.Errorf("%s: %d round trips, want %d; %d statements, want %d", name, fewest, c.trips, statements, c.statements)
		}
	}
}

// tripCounter is a proxy that counts how often a client sends after the server
// has sent, and the statements that it sends.
type tripCounter struct{ n, statements atomic.Int64 }

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

		var requests messages
		_, _ = io.Copy(noting{server, func(p []byte) {
			if serverSent.Swap(false) {
				c.n.Add(1)
			}

			c.statements.Add(requests.executions(p))
		}}, client)
	})

	both.Go(func() {
		defer client.Close() //nolint:errcheck // a test's proxy

		_, _ = io.Copy(noting{client, func([]byte) { serverSent.Store(true) }}, server)
	})

	both.Wait()
}

// messages are what a client sends in PostgreSQL's protocol
// (https://www.postgresql.org/docs/current/protocol-message-formats.html).
type messages struct {
	began bool   // the first message, which has no type, was seen
	rest  []byte // a message that is not complete yet
}

// executions returns how many statements the next bytes complete.
func (m *messages) executions(p []byte) (n int64) {
	m.rest = append(m.rest, p...)
	for {
		typed := 1 // the length of the type
		if !m.began {
			typed = 0
		}

		if len(m.rest) < typed+4 {
			return n
		}

		size := typed + int(binary.BigEndian.Uint32(m.rest[typed:]))
		if len(m.rest) < size {
			return n
		}

		if m.began && m.rest[0] == 'E' {
			n++
		}

		m.began, m.rest = true, m.rest[size:]
	}
}

// noting calls note before each write.
type noting struct {
	io.Writer
	note func(p []byte)
}

func (n noting) Write(p []byte) (int, error) {
	n.note(p)
	return n.Writer.Write(p)
}
