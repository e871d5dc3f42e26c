package api

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// keyLife is how long Stripe keeps an idempotency key.
const keyLife = 24 * time.Hour

// keyUse is the first use of an idempotency key.
type keyUse struct {
	memory.Replay
	running bool // its request is in flight
}

// idempotencyStore keeps idempotency keys with their responses. It is safe for
// concurrent use.
type idempotencyStore struct {
	mu    sync.Mutex
	byKey map[string]*keyUse
	order []string // oldest first
	max   int      // 0 = no limit
}

func newIdempotencyStore(maxKeys int) *idempotencyStore {
	return &idempotencyStore{byKey: map[string]*keyUse{}, max: maxKeys}
}

// keyed reports whether the call has an idempotency key that counts. Stripe
// ignores those of other methods than POST.
func (c *Call) keyed() bool { return c.idempotencyKey != "" && c.Request.Method == http.MethodPost }

// once executes the call unless its idempotency key was used before.
func (s *Server) once(c *Call) Response {
	mine := &keyUse{running: true, Replay: memory.Replay{
		Key:      c.Account + " " + c.idempotencyKey,
		Path:     c.Request.URL.Path,
		Params:   sha256.Sum256([]byte(c.Params.Canonical())),
		Original: c.RequestID,
		Expires:  c.Now.Add(keyLife),
	}}

	if first := s.keys.claim(mine, c.Now); first != nil {
		return c.again(first, mine)
	}

	c.delayWithKey()

	resp, lines := s.execute(c)
	if resp.early {
		s.keys.release(mine)
		s.Journal.Write(lines)
		return resp
	}

	resp = c.replaceWith500(resp)
	s.Journal.Write(append(lines, s.Journal.KeyLine(mine.replayOf(resp))...))
	s.keys.settle(mine, resp)

	return resp
}

// again responds to the second use of a key.
func (c *Call) again(first, mine *keyUse) Response {
	if first.Path != mine.Path {
		e := wire.Malformed("", "", "Keys for idempotent requests can only be used for the same endpoint they were first used for ('%s' vs '%s'). Try using a key other than '%s' if you meant to execute a different request.", mine.Path, first.Path, c.idempotencyKey)
		e.Type = wire.TypeIdempotency
		return c.failed(e)
	}

	if first.Params != mine.Params {
		e := wire.Malformed("", "", "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '%s' if you meant to execute a different request.", c.idempotencyKey)
		e.Type = wire.TypeIdempotency
		return c.failed(e)
	}

	if first.running {
		return c.failed(c.keyInUse())
	}

	return Response{
		Status:   first.Status,
		Body:     first.Body,
		replayed: true,
		original: first.Original,
	}
}

// keyInUse returns the error for a key whose first request is still in flight.
func (c *Call) keyInUse() *wire.Error {
	e := wire.Malformed("idempotency_key_in_use", "", "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): %s. Please try again later.", c.idempotencyKey)
	e.Type, e.Status = wire.TypeIdempotency, http.StatusConflict

	return e
}

// claim registers the use of a key and returns nil, or returns a copy of an
// earlier use that still counts.
func (k *idempotencyStore) claim(r *keyUse, now time.Time) *keyUse {
	k.mu.Lock()
	defer k.mu.Unlock()

	if have := k.byKey[r.Key]; have != nil && (have.running || now.Before(have.Expires)) {
		known := *have
		return &known
	}

	k.remember(r)
	return nil
}

// remember keeps the use of a key and drops the oldest ones. The caller holds
// the lock.
func (k *idempotencyStore) remember(r *keyUse) {
	if _, again := k.byKey[r.Key]; !again {
		k.order = append(k.order, r.Key)
	}

	k.byKey[r.Key] = r
	for len(k.order) > k.max && k.max > 0 {
		oldest := k.byKey[k.order[0]]
		if oldest != nil && oldest.running {
			return // never drop a request in flight
		}

		delete(k.byKey, k.order[0])
		k.order = k.order[1:]
	}
}

// replayOf returns a copy with the response, for the journal.
func (r *keyUse) replayOf(resp Response) memory.Replay {
	kept := r.Replay
	kept.Status, kept.Body = resp.Status, resp.Body
	return kept
}

// settle stores the response of a claimed key.
func (k *idempotencyStore) settle(r *keyUse, resp Response) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r.Status, r.Body, r.running = resp.Status, resp.Body, false
}

// release drops a key whose request was refused before its execution.
func (k *idempotencyStore) release(r *keyUse) {
	k.mu.Lock()
	defer k.mu.Unlock()

	if k.byKey[r.Key] != r {
		return
	}

	delete(k.byKey, r.Key)
	for i, key := range slices.Backward(k.order) { // it is one of the newest
		if key == r.Key {
			k.order = slices.Delete(k.order, i, i+1)
			return
		}
	}
}

// clear drops every key whose request is not in flight.
func (k *idempotencyStore) clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, r := range k.byKey {
		if !r.running {
			delete(k.byKey, key)
		}
	}
	k.order = slices.Sorted(maps.Keys(k.byKey))
}

// holds reports whether a key is kept for the request with the ID original.
func (k *idempotencyStore) holds(key, original string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()

	r := k.byKey[key]
	return r != nil && r.Original == original
}
