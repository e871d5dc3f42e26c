package connect

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// oauthError is an error in the form of OAuth, which Stripe's libraries read on
// connect.stripe.com only.
type oauthError struct {
	status     int // 0 = 400
	code, text string
	commit     bool // the changes are kept
}

func (e *oauthError) Error() string { return e.text }

func (e *oauthError) response() api.Response {
	return oauthResponse(cmp.Or(e.status, http.StatusBadRequest),
		map[string]any{"error": e.code, "error_description": e.text})
}

// invalidGrant returns the error for a code or token that gives no access. What
// finding that out has revoked stays revoked.
func invalidGrant(text string) *oauthError {
	return &oauthError{code: "invalid_grant", text: text, commit: true}
}

func oauthResponse(status int, v any) api.Response {
	body, _ := wire.Encode(v) // texts and truths
	return api.Response{Status: status, Body: body}
}

// oauthCall returns the HTTP handler of a call of connect.stripe.com:
// https://docs.stripe.com/connect/oauth-reference.
func (s *Pages) oauthCall(run func(c *call, form url.Values) (map[string]any, error)) http.HandlerFunc {
	return s.srv.ServeOutside(api.Outside{
		Run: func(r *http.Request) (api.Response, string) {
			err := r.ParseForm()
			form := r.PostForm
			secret := cmp.Or(api.KeyOf(r), form.Get("client_secret"))
			form.Del("client_secret") // the log shows the others

			var out map[string]any

			if err == nil {
				err = checkClient(r, form, secret)
			}
			if err == nil && s.srv.CheckKey(secret, s.srv.Now()) != nil {
				err = &oauthError{http.StatusUnauthorized, "invalid_client", "Expired API key: " + api.RedactKey(secret), false}
			}

			if err == nil {
				out, err = s.runOAuth(form, run)
			}

			var failure *oauthError
			switch {
			case err == nil:
				return oauthResponse(http.StatusOK, out), form.Encode()
			case errors.As(err, &failure):
				return failure.response(), form.Encode()
			}

			return (&oauthError{code: "invalid_request", text: "The request could not be read."}).response(), ""
		},

		// Stripe does not document the body of such an error. Its libraries
		// expect the form of OAuth.
		Failure: func(status int) []byte {
			return oauthResponse(status, map[string]any{
				"error":             "api_error",
				"error_description": "Injected through the sandbox's management API.",
			}).Body
		},
	})
}

// runOAuth runs a call in a transaction of the platform's account.
func (s *Pages) runOAuth(
	form url.Values, run func(c *call, form url.Values) (map[string]any, error),
) (out map[string]any, err error) {
	_ = s.update(func(c *call) error {
		out, err = run(c, form)

		var failure *oauthError
		if errors.As(err, &failure) && failure.commit {
			return nil
		}

		return err
	})

	return out, err
}

// checkClient returns an error unless the request carries the platform's secret
// key, as client_secret or as the API key, and names no other application.
func checkClient(r *http.Request, form url.Values, secret string) error {
	if api.FromForeignPage(r) {
		return &oauthError{http.StatusForbidden, "invalid_client",
			fmt.Sprintf(api.ForeignKeySentence, r.Header.Get("Origin")), false}
	}

	if id := form.Get("client_id"); id != api.Application && (id != "" || needsClient(r)) {
		return &oauthError{http.StatusUnauthorized, "invalid_client",
			fmt.Sprintf("No such application: '%s'", id), false}
	}

	key := api.KeyForm.FindStringSubmatch(secret)
	if key == nil || key[1] != "sk" || len(secret) < api.MinKeyLength {
		return &oauthError{http.StatusUnauthorized, "invalid_client",
			"No such API key: " + api.RedactKey(secret), false}
	}
	if key[2] == "live" {
		return invalidGrant("This is the offline sandbox: its codes and tokens are of test mode, " +
			"and the API key is a live key.")
	}

	return nil
}

// needsClient reports whether a call must name the application.
func needsClient(r *http.Request) bool { return r.URL.Path == deauthorizePath }

const deauthorizePath = "/oauth/deauthorize"

// exchange gives access to an account for a code or a refresh token.
func exchange(c *call, form url.Values) (map[string]any, error) {
	var g *grant
	var err error
	switch kind := form.Get("grant_type"); kind {
	case "authorization_code":
		g, err = c.redeem(form.Get("code"))
	case "refresh_token":
		g, err = c.refreshed(form.Get("refresh_token"), form.Get("scope"))
	case "":
		err = &oauthError{code: "invalid_request", text: "grant_type is required."}
	default:
		err = &oauthError{code: "unsupported_grant_type",
			text: "The grant types are authorization_code and refresh_token, not " + kind + "."}
	}
	if err != nil {
		return nil, err
	}

	refresh := form.Get("refresh_token")
	if form.Get("grant_type") == "authorization_code" {
		refresh = c.issueRefresh(g)
	}

	return map[string]any{
		"access_token":           c.issue("sk", g),
		"livemode":               false,
		"refresh_token":          refresh,
		"token_type":             "bearer",
		"stripe_publishable_key": c.issue("pk", g),
		"stripe_user_id":         g.account,
		"scope":                  g.scope,
	}, nil
}

// deauthorize disconnects an account from the platform's side.
func deauthorize(c *call, form url.Values) (map[string]any, error) {
	id := form.Get("stripe_user_id")
	acct, ok := c.connected(id)
	if !ok {
		return nil, &oauthError{code: "invalid_client",
			text: "This application is not connected to stripe account " + id + ", or that account does not exist."}
	}

	c.unlink(acct)
	return map[string]any{"stripe_user_id": id}, nil
}
