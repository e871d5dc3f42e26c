package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// logRequest logs a finished request and passes it to the modules that asked
// for it.
func (s *Server) logRequest(c *Call, resp Response) {
	s.Log.add(c, resp)
	for _, m := range s.modules {
		if m.Logged != nil {
			m.Logged(c, resp)
		}
	}
}

// UnknownRoute responds like Stripe to a URL that its API does not have, and
// with 501 to one that only the sandbox does not have.
func (s *Server) UnknownRoute(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(r)
	e := wire.Malformed("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", r.Method, r.URL.Path)
	e.Status = http.StatusNotFound
	if wire.InStripesAPI(r.Method, r.URL.Path) {
		e = wire.Malformed("", "", "%s %s is part of Stripe's API, but the offline sandbox does not simulate it.", r.Method, r.URL.Path)
		e.Status = http.StatusNotImplemented
	}

	resp := c.failed(e)
	s.Log.add(c, resp)
	c.write(w, resp)
}

// newCall returns a call of the platform's account.
func (s *Server) newCall(r *http.Request) *Call {
	return &Call{
		Server:    s,
		Request:   r,
		Now:       s.Now(),
		Account:   PlatformAccount,
		RequestID: wire.NewShortID("req"),
		version:   APIVersion,
	}
}

// Serve returns the HTTP handler of a route.
func (s *Server) Serve(rt Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(r)
		c.Route = rt
		c.ID, c.Sub = chi.URLParam(r, "id"), chi.URLParam(r, "sub")

		resp := s.respond(c)
		s.logRequest(c, resp)

		if resp.cut {
			cutConnection(w)
			return
		}

		c.write(w, resp)
	}
}

// respond takes a call from its headers to its response.
func (s *Server) respond(c *Call) Response {
	if err := c.open(); err != nil {
		return c.failed(err)
	}
	if err := c.checkPermission(); err != nil {
		return c.failed(err)
	}
	if err := c.checkParams(); err != nil {
		return c.failed(err)
	}

	c.fault = s.Faults.take(c.Request.Method, c.Request.URL.Path)
	if resp, stop := c.faultBefore(); stop {
		return resp
	}

	if !c.keyed() {
		resp, lines := s.execute(c)
		s.Journal.Write(lines)
		return c.faultAfter(resp)
	}

	return c.faultAfter(s.once(c))
}

// execute runs the handler in a transaction and renders its result.
func (s *Server) execute(c *Call) (Response, []memory.Line) {
	value, lines, err := s.transact(c)
	if err != nil {
		return c.failed(err), lines
	}

	body, err := c.renderSafely(value)
	if err != nil {
		resp := c.failed(err)
		resp.early = false // the work is done, so the idempotency key must not repeat it
		return resp, lines
	}

	return Response{Status: http.StatusOK, Body: body}, lines
}

// renderSafely renders a result. What was committed is written to the state
// file even if that panics.
func (c *Call) renderSafely(value any) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = nil, c.panicked(p)
		}
	}()
	return c.render(value)
}

// panicked logs a panic and returns the error for the caller.
func (c *Call) panicked(p any) error {
	c.Server.Config.Logger.Error().
		Str("request_id", c.RequestID).
		Str("panic", fmt.Sprint(p)).
		Msg("handler of the sandbox panicked")

	return wire.InternalError()
}

// transact runs the handler in a transaction, commits it unless it failed, and
// then runs what was to happen after the commit. A handler that panics leaves
// the store unlocked and unchanged.
func (s *Server) transact(c *Call) (value any, lines []memory.Line, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, c.panicked(p)
		}
	}()

	if c.readOnly() {
		s.Store.RLock()
		defer s.Store.RUnlock()

		c.Tx = s.beginRead(c)
		value, err = c.Route.run(c)
		return value, nil, cmp.Or(err, c.ignored())
	}

	s.Store.Lock()
	c.Tx = s.Store.Begin(s.Store.Account(c.Account), c.Now)
	tx, done := c.Tx, false
	defer func() {
		if !done {
			s.Store.Unlock()
		}
	}()

	value, err = c.Route.run(c)
	if err == nil {
		err = cmp.Or(wire.TooMuchMetadata(c.Params), c.ignored())
	}

	if Commits(err) {
		lines = s.commit(tx)
	} else {
		tx.After = nil
	}

	done = true
	s.Store.Unlock()

	for _, f := range tx.After {
		f()
	}

	return value, lines, err
}

// ignored returns an error if the handler succeeded without reading one of the
// parameters: what is accepted must act. The parameters of browsers and of
// Stripe's command line are not documented.
func (c *Call) ignored() error {
	if c.Publishable || wire.ShapeOf(c.operation()) == nil {
		return nil
	}

	c.Params.Ignore("expand") // render reads it later
	if name := c.Params.Unused(); name != "" {
		return wire.NotSimulated(name)
	}
	return nil
}

// beginRead begins a transaction that only reads. The caller holds the read
// lock.
func (s *Server) beginRead(c *Call) *memory.Tx { return s.Store.BeginRead(c.Account, c.Now) }

// Commits reports whether the changes of a handler that returned err are kept.
// Those of a declined payment are.
func Commits(err error) bool {
	var failure *wire.Error
	return err == nil || errors.As(err, &failure) && failure.Commit
}

// failed returns Stripe's response for an error.
func (c *Call) failed(err error) Response {
	var failure *wire.Error
	if !errors.As(err, &failure) {
		c.Server.Config.Logger.Error().
			Err(err).
			Str("request_id", c.RequestID).
			Msg("handler of the sandbox failed")

		failure = wire.InternalError()
	}

	out := *failure
	if out.Status != http.StatusUnauthorized {
		out.RequestLogURL = "https://dashboard.stripe.com/test/logs/" + c.RequestID + "?t=" + strconv.FormatInt(c.Now.Unix(), 10)
	}

	body, err := wire.EncodePretty(map[string]any{"error": &out})
	if err != nil {
		body = []byte(`{"error":{"type":"api_error","message":"the error could not be encoded"}}`)
	}

	return Response{
		Status:    failure.Status,
		Body:      body,
		errorCode: failure.Code,
		early:     failure.Early,
	}
}

// shouldRetry returns whether Stripe tells its libraries to repeat the call:
// "true", "false", or "" if it leaves that to them. Calls with an idempotency
// key are not to be repeated once they are answered; a lock is soon free.
func (c *Call) shouldRetry(resp Response) string {
	switch {
	case resp.errorCode == codeLockTimeout:
		return "true"
	case resp.Status == http.StatusNotImplemented:
		return "false"
	case !c.keyed(), resp.Status >= http.StatusInternalServerError,
		resp.Status == http.StatusTooManyRequests, resp.Status == http.StatusConflict:
		return ""
	}

	return "false"
}

// write writes a response with the headers that Stripe sends.
func (c *Call) write(w http.ResponseWriter, resp Response) {
	h := w.Header()
	c.allowOrigin(h)
	AllowMethods(h)
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Request-Id", c.RequestID)
	h.Set("Stripe-Version", c.version)

	if c.Account != PlatformAccount {
		h.Set("Stripe-Account", c.Account)
	}

	if c.idempotencyKey != "" {
		h.Set("Idempotency-Key", c.idempotencyKey)
	}

	if c.keyed() {
		original := c.RequestID
		if resp.replayed {
			original = resp.original
			h.Set("Idempotent-Replayed", "true")
		}

		h.Set("Original-Request", original)
	}

	if verdict := c.shouldRetry(resp); verdict != "" {
		h.Set("Stripe-Should-Retry", verdict)
	}

	if resp.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="Stripe"`)
	}

	h.Set("Content-Length", strconv.Itoa(len(resp.Body)))
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body) // the caller may be gone
}
