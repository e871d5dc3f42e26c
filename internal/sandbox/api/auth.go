package api

import (
	"net/http"
	"regexp"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// MinKeyLength is the length of the shortest key that is taken for one.
const MinKeyLength = 12

// KeyForm matches keys; its groups are their type and their mode.
var KeyForm = regexp.MustCompile(`^(sk|rk|pk)_(test|live)_[A-Za-z0-9_]+$`)

// authenticate reads the key (as Bearer token, as user name, or from the
// browser's `key` parameter) and checks that it may use the route. See
// https://docs.stripe.com/api/authentication and https://docs.stripe.com/keys.
func (c *Call) authenticate() error {
	c.Key = KeyOf(c.Request)
	if c.Key == "" {
		c.Key = c.Params.String("key")
	}

	if c.Key == "" {
		return wire.Unauthorized("", "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.")
	}

	if isEmbeddedKey(c.Key) {
		return c.admitEmbedded()
	}

	form := KeyForm.FindStringSubmatch(c.Key)
	if form == nil || len(c.Key) < MinKeyLength {
		return wire.Unauthorized("", "Invalid API Key provided: %s", RedactKey(c.Key))
	}
	if form[2] == "live" {
		return wire.Unauthorized("", "This is the offline sandbox: it refuses live keys. Use a test key (%s_test_...).", form[1])
	}

	if err := c.Server.CheckKey(c.Key, c.Now); err != nil {
		return err
	}
	if err := c.openToken(); err != nil {
		return err
	}

	c.Publishable = form[1] == "pk"
	if err := c.checkOrigin(); err != nil {
		return err
	}

	if c.Publishable && c.Route.access == SecretOnly {
		return wire.Unauthorized("secret_key_required", "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.")
	}
	if c.Route.access == EmbeddedOnly {
		return embeddedOnly()
	}

	return nil
}

// KindToken is the kind of the keys that OAuth gives out: records in the
// platform's account whose IDs are the keys.
const KindToken = "oauth_token"

// tokenMark begins the part of such a key after its type and mode. A key with
// it that is not stored any more was revoked.
const tokenMark = "OAuth"

// NewToken returns a key that OAuth gives out. kind is sk or pk.
func NewToken(kind string) string { return kind + "_test_" + tokenMark + wire.RandomText(24) }

// openToken makes the call act for the account whose key it carries, if OAuth
// gave the key out: https://docs.stripe.com/connect/oauth-reference.
func (c *Call) openToken() error {
	if _, rest, _ := strings.Cut(c.Key, "_test_"); !strings.HasPrefix(rest, tokenMark) {
		return nil
	}

	obj, _ := c.Server.Lookup(PlatformAccount, c.Key)
	token, ok := obj.(*Record)
	if !ok || token.Kind != KindToken {
		return expired(c.Key)
	}

	c.Account, c.tokenScope = token.Text("account"), token.Text("scope")
	return nil
}

// KeyOf returns the key in the headers of a request, "" if there is none.
func KeyOf(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}

	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(key)
	}
	return ""
}

// RedactKey returns a key with only its ends legible, as in Stripe's messages.
// What does not begin like a key is shown as it is.
func RedactKey(key string) string {
	if kind, _, ok := strings.Cut(key, "_"); !ok || kind != "sk" && kind != "rk" && kind != "pk" && kind != "em" {
		return key
	}
	if len(key) <= MinKeyLength {
		return strings.Repeat("*", len(key))
	}
	return key[:8] + strings.Repeat("*", len(key)-12) + key[len(key)-4:]
}
