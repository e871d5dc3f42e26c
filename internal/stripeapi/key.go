package stripeapi

import "net/http"

// FixedKey returns a Config.Key that stays.
func FixedKey(key string) func() string { return func() string { return key } }

// unkeyed stands for the key in requests until the transport sets it.
const unkeyed = "set by the transport"

// keyed sets the key of every request at the moment it is sent: what stripe-go
// repeats, and the later calls of a long operation, have the key of then.
// Stripe's objects and idempotency keys belong to the account, so what one key
// began another key of the account goes on with.
type keyed struct {
	next http.RoundTripper
	key  func() string
	told func(key string, accepted bool) // see Config.KeyTold
}

// RoundTrip makes one exchange. If Stripe refuses a key that was replaced while
// the request was under way, it is sent once more under the new one: a request
// that is not authenticated has done nothing.
func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	key := k.key()
	resp, err := k.next.RoundTrip(under(key, r))
	if err != nil {
		return nil, err
	}

	if now := k.key(); resp.StatusCode == http.StatusUnauthorized && now != key {
		again, ok := repeatable(r)
		if ok {
			_ = resp.Body.Close()
			key = now
			if resp, err = k.next.RoundTrip(under(key, again)); err != nil {
				return nil, err
			}
		}
	}

	if k.told != nil && resp.StatusCode < http.StatusInternalServerError {
		k.told(key, resp.StatusCode != http.StatusUnauthorized)
	}

	return resp, nil
}

// under returns a copy of the request with the key: a transport must not change
// the caller's.
func under(key string, r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

// repeatable returns the request with its body from the beginning.
func repeatable(r *http.Request) (*http.Request, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, true
	}
	if r.GetBody == nil {
		return nil, false
	}

	body, err := r.GetBody()
	if err != nil {
		return nil, false
	}

	again := r.Clone(r.Context())
	again.Body = body

	return again, true
}
