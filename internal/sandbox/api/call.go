package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Access says which keys open a route.
type Access int

const (
	SecretOnly Access = iota
	BrowserToo        // a publishable key opens it as well
	OpenToAll
)

// Handler does the work of one route inside a transaction and returns what to
// render.
type Handler func(c *Call) (any, error)

// Route is one row of the API table.
type Route struct {
	Method, Pattern string
	who             Access
	run             Handler
}

func NewRoute(method, pattern string, who Access, run Handler) Route {
	return Route{method, pattern, who, run}
}

// readOnly tells whether the route runs under the read lock.
func (rt Route) readOnly() bool { return rt.Method == http.MethodGet }

// Call is one API request on its way through the sandbox.
type Call struct {
	Server       *Server
	Route        Route
	Request      *http.Request
	Params       *wire.Params
	body         string
	Tx           *memory.Tx
	Key          string
	Publishable  bool
	Account      string // the Stripe-Account that the call acts for; the platform by default
	RequestID    string
	idemKey      string
	version      string
	ID, Sub      string // {id} and {sub} of the path
	Now          time.Time
	fault        *Fault
	method, path string // copies for the log, which keeps no request
}

// Answer is a finished response.
type Answer struct {
	Status   int
	Body     []byte
	replayed bool
	original string // request id that made a replayed answer
	errCode  string
	cut      bool // drop the connection instead of answering
	early    bool // an error from before execution began
}

const MaxBody = 1 << 20

// logRequest keeps a finished request and tells whoever listens.
func (s *Server) logRequest(c *Call, ans Answer) {
	s.Log.add(c, ans)
	for _, m := range s.modules {
		if m.Logged != nil {
			m.Logged(c, ans)
		}
	}
}

// UnknownRoute answers what Stripe answers for a URL that its API does not
// have, or says that this one is left out here.
func (s *Server) UnknownRoute(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(r)
	e := wire.Malformed("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", r.Method, r.URL.Path)
	e.Status = http.StatusNotFound
	if wire.StripeHas(r.Method, r.URL.Path) {
		e = wire.Malformed("", "", "%s %s is part of Stripe's API, but the offline sandbox does not simulate it.", r.Method, r.URL.Path)
		e.Status = http.StatusNotImplemented
	}
	ans := c.failed(e)
	s.Log.add(c, ans)
	c.write(w, ans)
}

// newCall starts a call of the platform; r is nil for one that nobody made over
// HTTP.
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

// Serve serves one route.
func (s *Server) Serve(rt Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(r)
		c.Route, c.ID, c.Sub = rt, chi.URLParam(r, "id"), chi.URLParam(r, "sub")
		ans := s.respond(c)
		s.logRequest(c, ans)

		if ans.cut {
			cutConnection(w)
			return
		}

		c.write(w, ans)
	}
}

// respond takes a call through every station and always returns an answer.
func (s *Server) respond(c *Call) Answer {
	if err := c.open(); err != nil {
		return c.failed(err)
	}
	if err := c.checkParams(); err != nil {
		return c.failed(err)
	}

	c.fault = s.Faults.take(c.Request.Method, c.Request.URL.Path)
	if ans, stop := c.faultBefore(); stop {
		return ans
	}

	if c.idemKey == "" || c.Route.Method != http.MethodPost {
		ans, lines := s.execute(c)
		s.Journal.Write(lines)
		return c.faultAfter(ans)
	}

	return c.faultAfter(s.once(c))
}

// open authenticates the caller and reads the parameters.
func (c *Call) open() error {
	raw, err := c.readForm()
	if err != nil {
		return err
	}
	if c.Params, err = wire.ParseForm(raw); err != nil {
		return err
	}

	if c.Route.who != OpenToAll {
		if err := c.authenticate(); err != nil {
			return err
		}
	}

	return c.readHeaders()
}

// checkParams refuses what Stripe's parameter parser would refuse, before
// anything is done. Calls from browsers carry parameters that are documented
// nowhere and are not checked.
func (c *Call) checkParams() error {
	if err := wire.CheckMetadata(c.Params); err != nil {
		return err
	}
	if c.Publishable {
		return nil
	}
	return wire.CheckParams(c.Route.Method+" "+c.Route.Pattern, c.Params)
}

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

	if acct := c.Request.Header.Get("Stripe-Account"); acct != "" && acct != PlatformAccount {
		if !c.Server.KnowsAccount(acct) {
			return AccountDenied(c.Key, acct)
		}

		c.Account = acct
	}

	c.idemKey = c.Request.Header.Get("Idempotency-Key")
	if len(c.idemKey) > 255 {
		return wire.Malformed("", "", "Idempotency keys must be at most 255 characters long, but you sent one with %d characters.", len(c.idemKey))
	}

	return nil
}

func AccountDenied(key, acct string) error {
	e := wire.Malformed("account_invalid", "", "The provided key '%s' does not have access to account '%s' (or that account does not exist). Application access may have been revoked.", RedactKey(key), acct)
	e.Status = http.StatusForbidden
	return e
}

// execute runs the handler in a transaction and renders what it returns.
func (s *Server) execute(c *Call) (Answer, []memory.Line) {
	value, lines, err := s.transact(c)
	if err != nil {
		return c.failed(err), lines
	}

	body, err := c.render(value)
	if err != nil {
		ans := c.failed(err)
		ans.early = false // the work is done, only its expansion was refused: the key must not do it again
		return ans, lines
	}

	return Answer{Status: http.StatusOK, Body: body}, lines
}

func (s *Server) transact(c *Call) (value any, lines []memory.Line, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Config.Logger.Error().
				Str("request_id", c.RequestID).
				Str("panic", fmt.Sprint(p)).
				Msg("sandbox handler")

			value, err = nil, wire.InternalError()
		}
	}()

	if c.Route.readOnly() {
		s.Store.RLock()
		defer s.Store.RUnlock()

		c.Tx = s.beginRead(c)
		value, err = c.Route.run(c)
		return value, nil, err
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
		err = wire.TooMuchMetadata(c.Params)
	}

	if KeepsChanges(err) {
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

// beginRead opens a transaction that will not write. The caller holds the read
// lock.
func (s *Server) beginRead(c *Call) *memory.Tx { return s.Store.BeginRead(c.Account, c.Now) }

func KeepsChanges(err error) bool {
	var failure *wire.Error
	return err == nil || errors.As(err, &failure) && failure.Commit
}

// failed turns any error into Stripe's error answer.
func (c *Call) failed(err error) Answer {
	var failure *wire.Error
	if !errors.As(err, &failure) {
		c.Server.Config.Logger.Error().Err(err).Str("request_id", c.RequestID).Msg("sandbox")
		failure = wire.InternalError()
	}

	out := *failure
	if out.Status != http.StatusUnauthorized {
		out.RequestLogURL = "https://dashboard.stripe.com/test/logs/" + c.RequestID + "?t=" + strconv.FormatInt(c.Now.Unix(), 10)
	}

	body, err := wire.EncodePretty(map[string]any{"error": &out})
	if err != nil {
		body = []byte(`{"error":{"type":"api_error","message":"unprintable error"}}`)
	}

	return Answer{Status: failure.Status, Body: body, errCode: failure.Code, early: failure.Early}
}

// write sends the answer with the headers that Stripe sends.
func (c *Call) write(w http.ResponseWriter, ans Answer) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Request-Id", c.RequestID)
	h.Set("Stripe-Version", c.version)

	if c.Account != PlatformAccount {
		h.Set("Stripe-Account", c.Account)
	}

	if c.idemKey != "" {
		h.Set("Idempotency-Key", c.idemKey)
		original := c.RequestID
		if ans.replayed {
			original = ans.original
			h.Set("Idempotent-Replayed", "true")
		}

		h.Set("Original-Request", original)
	}

	if ans.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="Stripe"`)
	}

	h.Set("Content-Length", strconv.Itoa(len(ans.Body)))
	w.WriteHeader(ans.Status)
	_, _ = w.Write(ans.Body) // a caller that has gone away needs no answer
}

// PathObject finds the object that {id} names.
func PathObject[T memory.Object](c *Call, noun string) (T, error) {
	obj, ok := memory.Find[T](c.Tx, c.ID)
	if !ok {
		return obj, wire.NotFound(noun, c.ID)
	}
	return obj, nil
}

// Base is how the caller reached the sandbox.
func (c *Call) Base() string { return c.Server.baseURL(c.Request) }

// API returns the call itself, also out of the types that embed it.
func (c *Call) API() *Call { return c }
