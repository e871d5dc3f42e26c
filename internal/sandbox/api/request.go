package api

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// open reads the parameters and the headers and authenticates the caller.
func (c *Call) open() error {
	raw, err := c.readForm()
	if err != nil {
		return err
	}
	if c.Params, err = wire.ParseForm(raw); err != nil {
		return err
	}

	if c.Route.access != Public {
		if err := c.authenticate(); err != nil {
			return err
		}
	}

	return c.readHeaders()
}

// checkParams refuses parameters that Stripe would refuse before executing
// anything. Browsers send undocumented parameters, so only the metadata of
// their calls is checked.
func (c *Call) checkParams() error {
	if err := wire.CheckMetadata(c.Params); err != nil {
		return err
	}
	if c.Publishable {
		return nil
	}
	return wire.CheckParams(c.operation(), c.Params)
}

// operation returns the route as in the table of parameters, such as "POST
// /v1/refunds".
func (c *Call) operation() string { return c.Route.Method + " " + c.Route.Pattern }

// readForm returns the parameters as they were encoded: of the query, of the
// body, or of both.
func (c *Call) readForm() (string, error) {
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodDelete {
		c.body = c.Request.URL.RawQuery
		return c.body, nil
	}

	kind := c.Request.Header.Get("Content-Type")
	if strings.HasPrefix(kind, "application/json") {
		return "", wire.Malformed("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.")
	}

	raw, err := io.ReadAll(http.MaxBytesReader(nil, c.Request.Body, MaxBody))
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			e := wire.Malformed("", "", "The request body is too large.")
			e.Status = http.StatusRequestEntityTooLarge
			return "", e
		}
		return "", wire.Malformed("", "", "The request body could not be read.")
	}

	c.body = string(raw)
	if query := c.Request.URL.RawQuery; query != "" && c.body != "" {
		c.body += "&" + query
	} else if query != "" {
		c.body = query
	}

	return c.body, nil
}

var versionForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$`)

func (c *Call) readHeaders() error {
	if v := c.Request.Header.Get("Stripe-Version"); v != "" {
		if date, _, _ := strings.Cut(v, ";"); !versionForm.MatchString(strings.TrimSpace(date)) {
			return wire.Malformed("", "", "Invalid Stripe API version: %s", v)
		}

		c.version = v
	}

	if err := c.openAccount(); err != nil {
		return err
	}

	c.idempotencyKey = c.Request.Header.Get("Idempotency-Key")
	if len(c.idempotencyKey) > 255 {
		return wire.Malformed("", "", "Idempotency keys must be at most 255 characters long, but you sent one with %d characters.", len(c.idempotencyKey))
	}

	return nil
}

// openAccount finds out which account the call acts for, and refuses what the
// platform may not do there.
func (c *Call) openAccount() error {
	named := cmp.Or(c.Request.Header.Get("Stripe-Account"), c.browserAccount(), c.Account)
	if bound := c.Embedded || c.Account != PlatformAccount; bound && named != c.Account { // the key is of one account
		return AccountDenied(c.Key, named)
	}
	if named == PlatformAccount {
		return nil
	}

	link, ok := c.Server.linkTo(named)
	if !ok {
		return AccountDenied(c.Key, named)
	}

	c.Account = named

	reads := link.Scope == ScopeReadOnly || c.tokenScope == ScopeReadOnly
	if reads && c.Route.Method != http.MethodGet {
		return ScopeDenied(named)
	}

	return nil
}

// browserAccount returns the account for which Stripe.js was opened, "" for
// none: Stripe.js sends it as a parameter.
func (c *Call) browserAccount() string {
	if !c.Publishable {
		return ""
	}
	return c.Params.String("_stripe_account")
}

// ScopeDenied is Stripe's error for a write to an account that lets the
// platform only read.
func ScopeDenied(acct string) error {
	const code = "more_permissions_required_for_application"
	e := wire.Malformed(code, "",
		"This application does not have the required permissions for this endpoint on account '%s'. "+
			"Having the '%s' scope would allow this request to continue.",
		acct, ScopeReadWrite)
	e.Status = http.StatusForbidden
	return e
}

// VersionBefore reports whether the call asks for an API version from before
// date, as in 2023-08-16.
func (c *Call) VersionBefore(date string) bool { return c.version < date }

// AccountDenied is Stripe's error for an account that a key does not open.
func AccountDenied(key, acct string) error {
	e := wire.Malformed("account_invalid", "", "The provided key '%s' does not have access to account '%s' (or that account does not exist). Application access may have been revoked.", RedactKey(key), acct)
	e.Status = http.StatusForbidden
	return e
}
