package sandbox

import (
	"net/http"
	"regexp"
	"strings"
)

const minKeyLength = 12

var keyForm = regexp.MustCompile(`^(sk|rk|pk)_(test|live)_[A-Za-z0-9_]+$`)

// authenticate reads the key (Bearer, Basic user name, or the browser's `key` parameter) and checks that it may use the
// route. See https://docs.stripe.com/api/authentication and https://docs.stripe.com/keys.
func (c *call) authenticate() error {
	c.key = presentedKey(c.req)
	if c.key == "" {
		c.key = c.p.str("key")
	}
	if c.key == "" {
		return unauthorized("", "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.")
	}
	form := keyForm.FindStringSubmatch(c.key)
	if form == nil || len(c.key) < minKeyLength {
		return unauthorized("", "Invalid API Key provided: %s", redactKey(c.key))
	}
	if form[2] == "live" {
		return unauthorized("", "This is the offline sandbox: it refuses live keys. Use a test key (%s_test_...).", form[1])
	}
	c.publishable = form[1] == "pk"
	if c.publishable && c.route.who == secretOnly {
		return unauthorized("secret_key_required", "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.")
	}
	return nil
}

func presentedKey(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(key)
	}
	return ""
}

// redactKey shows a key as Stripe's messages do: the ends only.
func redactKey(key string) string {
	if len(key) <= minKeyLength {
		return strings.Repeat("*", len(key))
	}
	return key[:8] + strings.Repeat("*", len(key)-12) + key[len(key)-4:]
}
