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

// keyLife is how long Stripe remembers an idempotency key.
const keyLife = 24 * time.Hour

// keyUse is what is known about an idempotency key.
type keyUse struct {
	memory.Replay
	running bool
}

// idempotencyStore remembers idempotency keys. It is safe for concurrent use.
type idempotencyStore struct {
	mu    sync.Mutex
	byKey map[string]*keyUse
	order []string // oldest first
	max   int
}

func newIdempotencyStore(maxKeys int) *idempotencyStore {
	return &idempotencyStore{byKey: map[string]*keyUse{}, max: maxKeys}
}

// once executes the call unless its idempotency key has done so before.
func (s *Server) once(c *Call) Answer {
	mine := &keyUse{running: true, Replay: memory.Replay{
		Key:      c.Account + " " + c.idemKey,
		Path:     c.Request.URL.Path,
		Params:   sha256.Sum256([]byte(c.Params.Flat())),
		Original: c.RequestID,
		Until:    c.Now.Add(keyLife),
	}}
	if first := s.keys.claim(mine, c.Now); first != nil {
		return c.again(first, mine)
	}

	c.holdKey()

	ans, lines := s.execute(c)
	if ans.early {
		s.keys.release(mine)
		s.Journal.Write(lines)
		return ans
	}

	ans = c.spoil(ans)
	s.Journal.Write(append(lines, s.Journal.KeyLine(mine.answered(ans))...))
	s.keys.settle(mine, ans)

	return ans
}

// again answers a key that is known already.
func (c *Call) again(first, mine *keyUse) Answer {
	if first.Path != mine.Path {
		e := wire.Malformed("", "", "Keys for idempotent requests can only be used for the same endpoint they were first used for ('%s' vs '%s'). Try using a key other than '%s' if you meant to execute a different request.", mine.Path, first.Path, c.idemKey)
		e.Type = wire.TypeIdempotency
		return c.failed(e)
	}

	if first.Params != mine.Params {
		e := wire.Malformed("", "", "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '%s' if you meant to execute a different request.", c.idemKey)
		e.Type = wire.TypeIdempotency
		return c.failed(e)
	}

	if first.running {
		e := wire.Malformed("idempotency_key_in_use", "", "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): %s. Please try again later.", c.idemKey)
		e.Type, e.Status = wire.TypeIdempotency, http.StatusConflict
		return c.failed(e)
	}

	return Answer{Status: first.Status, Body: first.Body, replayed: true, original: first.Original}
}

// claim registers a key as running, or returns a copy of what is known about
// it.
func (k *idempotencyStore) claim(r *keyUse, now time.Time) *keyUse {
	k.mu.Lock()
	defer k.mu.Unlock()
	if have := k.byKey[r.Key]; have != nil && (have.running || now.Before(have.Until)) {
		known := *have
		return &known
	}
	k.remember(r)
	return nil
}

func (k *idempotencyStore) remember(r *keyUse) {
	if _, again := k.byKey[r.Key]; !again {
		k.order = append(k.order, r.Key)
	}

	k.byKey[r.Key] = r
	for len(k.order) > k.max && k.max > 0 {
		oldest := k.byKey[k.order[0]]
		if oldest != nil && oldest.running {
			return // never forget a request in progress
		}

		delete(k.byKey, k.order[0])
		k.order = k.order[1:]
	}
}

// answered is what the journal has to hold of a key: a copy with its answer.
func (r *keyUse) answered(ans Answer) memory.Replay {
	kept := r.Replay
	kept.Status, kept.Body = ans.Status, ans.Body
	return kept
}

// settle gives a claimed key its answer.
func (k *idempotencyStore) settle(r *keyUse, ans Answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r.Status, r.Body, r.running = ans.Status, ans.Body, false
}

// release forgets a key whose request was refused before execution began.
func (k *idempotencyStore) release(r *keyUse) {
	k.mu.Lock()
	defer k.mu.Unlock()

	if k.byKey[r.Key] != r {
		return
	}

	delete(k.byKey, r.Key)
	for i, key := range k.order {
		if key == r.Key {
			k.order = append(k.order[:i:i], k.order[i+1:]...)
			return
		}
	}
}

// clear forgets every key that is not in use.
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

// settled lists copies of the answered keys, oldest first.
func (k *idempotencyStore) settled() []*memory.Replay {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []*memory.Replay
	for _, key := range k.order {
		if r := k.byKey[key]; r != nil && !r.running {
			kept := r.Replay
			out = append(out, &kept)
		}
	}
	return out
}
