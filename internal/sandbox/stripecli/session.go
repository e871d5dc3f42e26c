package stripecli

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// session queues what a command line has to get while it is not connected,
// and keeps what it has not acknowledged.
type session struct {
	ticket ticket
	wake   chan struct{}

	mu      sync.Mutex
	queue   []*message
	unacked []*message
	epoch   int // counts connections: only the latest one may fetch
}

// push queues messages; the oldest go when nobody fetches them.
func (c *session) push(items ...*message) {
	c.mu.Lock()
	for _, item := range items {
		item.conversation = wire.NewID("wc")
		if item.log != nil {
			item.conversation = wire.NewID("resp")
		}
	}

	c.queue = append(c.queue, items...)
	if over := len(c.queue) - maxQueue; over > 0 {
		c.queue = c.queue[over:]
	}

	c.mu.Unlock()
	c.wakeUp()
}

func (c *session) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// connect puts back what the former connection did not acknowledge, and ends
// that one's right to fetch.
func (c *session) connect() (epoch int) {
	c.mu.Lock()
	c.epoch++
	epoch = c.epoch
	c.queue, c.unacked = append(c.unacked, c.queue...), nil
	c.mu.Unlock()
	c.wakeUp()
	return epoch
}

var errReplaced = errors.New("another connection took the session over")

// next waits for a message for the connection of that epoch.
func (c *session) next(ctx context.Context, epoch int) (*message, error) {
	for {
		c.mu.Lock()
		if epoch != c.epoch {
			c.mu.Unlock()
			c.wakeUp() // the word was meant for the other one
			return nil, errReplaced
		}

		if len(c.queue) > 0 {
			item := c.queue[0]
			c.queue = c.queue[1:]
			c.unacked = append(c.unacked, item)
			if over := len(c.unacked) - maxQueue; over > 0 {
				c.unacked = c.unacked[over:]
			}

			c.mu.Unlock()
			return item, nil
		}

		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.wake:
		}
	}
}

// acknowledge forgets a message; request logs are acknowledged by their own id.
func (c *session) acknowledge(conversation, event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unacked = slices.DeleteFunc(c.unacked, func(i *message) bool {
		return i.conversation == conversation || i.log != nil && i.conversation == event
	})
}

// wants applies the filters of `logs tail`; all that are given must fit.
func (c *session) wants(e *logEntry) bool {
	outcome := "SUCCEEDED"
	if e.Status >= http.StatusBadRequest {
		outcome = "FAILED"
	}

	side := "SELF"
	if e.account != api.PlatformAccount {
		side = "CONNECT_OUT"
	}

	digits := string(rune('0' + e.Status/100))
	have := map[string]string{
		"filter_account":          side,
		"filter_http_method":      e.Method,
		"filter_request_path":     e.URL,
		"filter_request_status":   outcome,
		"filter_source":           "API",
		"filter_status_code_type": digits + "00",
		"filter_status_code":      string([]byte{digits[0], byte('0' + e.Status/10%10), byte('0' + e.Status%10)}),
		"filter_ip_address":       e.caller,
	}

	for name, allowed := range c.ticket.Filters {
		if len(allowed) > 0 &&
			!slices.ContainsFunc(allowed, func(v string) bool { return strings.EqualFold(v, have[name]) }) {
			return false
		}
	}

	return true
}
