package sandbox

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
)

// access says which keys open a route.
type access int

const (
	secretOnly access = iota
	browserToo        // a publishable key opens it as well
	openToAll
)

// handler does the work of one route inside a transaction and returns what to render.
type handler func(c *call) (any, error)

// route is one row of the API table.
type route struct {
	method, pattern string
	who             access
	run             handler
}

func newRoute(method, pattern string, who access, run handler) route {
	return route{method, pattern, who, run}
}

// readOnly tells whether the route runs under the read lock.
func (rt route) readOnly() bool { return rt.method == http.MethodGet }

// call is one API request on its way through the sandbox.
type call struct {
	srv          *apiServer
	route        route
	req          *http.Request
	p            *params
	body         string
	tx           *tx
	key          string
	publishable  bool
	consent      *MandateData // of the confirmation token that the call uses
	account      string       // the Stripe-Account that the call acts for; the platform by default
	requestID    string
	idemKey      string
	version      string
	id, sub      string // {id} and {sub} of the path
	now          time.Time
	fault        *Fault
	method, path string // copies for the log, which keeps no request
}

// answer is a finished response.
type answer struct {
	status   int
	body     []byte
	replayed bool
	original string // request id that made a replayed answer
	errCode  string
	cut      bool // drop the connection instead of answering
	early    bool // an error from before execution began
}

const maxBody = 1 << 20

// logRequest keeps a finished request and tells whoever listens.
func (s *apiServer) logRequest(c *call, ans answer) {
	s.log.add(c, ans)
	for _, m := range s.modules {
		if m.logged != nil {
			m.logged(c, ans)
		}
	}
}

// unknownRoute answers what Stripe answers for a URL that its API does not have, or says that this one is left out here.
func (s *apiServer) unknownRoute(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(r)
	e := malformed("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", r.Method, r.URL.Path)
	e.status = http.StatusNotFound
	if stripeHas(r.Method, r.URL.Path) {
		e = malformed("", "", "%s %s is part of Stripe's API, but the offline sandbox does not simulate it.", r.Method, r.URL.Path)
		e.status = http.StatusNotImplemented
	}
	ans := c.failed(e)
	s.log.add(c, ans)
	c.write(w, ans)
}

// newCall starts a call of the platform; r is nil for one that nobody made over HTTP.
func (s *apiServer) newCall(r *http.Request) *call {
	return &call{srv: s, req: r, now: s.now(), account: PlatformAccount, requestID: newShortID("req"), version: APIVersion}
}

// serve serves one route.
func (s *apiServer) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(r)
		c.route, c.id, c.sub = rt, chi.URLParam(r, "id"), chi.URLParam(r, "sub")
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
func (s *apiServer) respond(c *call) answer {
	if err := c.open(); err != nil {
		return c.failed(err)
	}
	if err := c.checkParams(); err != nil {
		return c.failed(err)
	}
	c.fault = s.faults.take(c.req.Method, c.req.URL.Path)
	if ans, stop := c.faultBefore(); stop {
		return ans
	}
	if c.idemKey == "" || c.route.method != http.MethodPost {
		ans, lines := s.execute(c)
		s.journal.write(lines)
		return c.faultAfter(ans)
	}
	return c.faultAfter(s.once(c))
}

// open authenticates the caller and reads the parameters.
func (c *call) open() error {
	raw, err := c.readForm()
	if err != nil {
		return err
	}
	if c.p, err = parseForm(raw); err != nil {
		return err
	}
	if c.route.who != openToAll {
		if err := c.authenticate(); err != nil {
			return err
		}
	}
	return c.readHeaders()
}

// checkParams refuses what Stripe's parameter parser would refuse, before anything is done. Calls from browsers carry
// parameters that are documented nowhere and are not checked.
func (c *call) checkParams() error {
	if err := checkMetadata(c.p); err != nil {
		return err
	}
	if c.publishable {
		return nil
	}
	return checkParams(c.route.method+" "+c.route.pattern, c.p)
}

func (c *call) readForm() (string, error) {
	if c.req.Method == http.MethodGet || c.req.Method == http.MethodDelete {
		c.body = c.req.URL.RawQuery
		return c.body, nil
	}
	kind := c.req.Header.Get("Content-Type")
	if strings.HasPrefix(kind, "application/json") {
		return "", malformed("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(nil, c.req.Body, maxBody))
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			e := malformed("", "", "The request body is too large.")
			e.status = http.StatusRequestEntityTooLarge
			return "", e
		}
		return "", malformed("", "", "The request body could not be read.")
	}
	c.body = string(raw)
	if query := c.req.URL.RawQuery; query != "" && c.body != "" {
		c.body += "&" + query
	} else if query != "" {
		c.body = query
	}
	return c.body, nil
}

var versionForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$`)

func (c *call) readHeaders() error {
	if v := c.req.Header.Get("Stripe-Version"); v != "" {
		if date, _, _ := strings.Cut(v, ";"); !versionForm.MatchString(strings.TrimSpace(date)) {
			return malformed("", "", "Invalid Stripe API version: %s", v)
		}
		c.version = v
	}
	if acct := c.req.Header.Get("Stripe-Account"); acct != "" && acct != PlatformAccount {
		if !c.srv.knowsAccount(acct) {
			return accountDenied(c.key, acct)
		}
		c.account = acct
	}
	c.idemKey = c.req.Header.Get("Idempotency-Key")
	if len(c.idemKey) > 255 {
		return malformed("", "", "Idempotency keys must be at most 255 characters long, but you sent one with %d characters.", len(c.idemKey))
	}
	return nil
}

func accountDenied(key, acct string) error {
	e := malformed("account_invalid", "", "The provided key '%s' does not have access to account '%s' (or that account does not exist). Application access may have been revoked.", redactKey(key), acct)
	e.status = http.StatusForbidden
	return e
}

// execute runs the handler in a transaction and renders what it returns.
func (s *apiServer) execute(c *call) (answer, []line) {
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
	return answer{status: http.StatusOK, body: body}, lines
}

func (s *apiServer) transact(c *call) (value any, lines []line, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Logger.Error().Str("request_id", c.requestID).Str("panic", fmt.Sprint(p)).Msg("sandbox handler")
			value, err = nil, internalError()
		}
	}()
	if c.route.readOnly() {
		s.store.mu.RLock()
		defer s.store.mu.RUnlock()
		c.tx = s.beginRead(c)
		value, err = c.route.run(c)
		return value, nil, err
	}
	s.store.mu.Lock()
	c.tx = s.store.begin(s.store.account(c.account), c.now)
	tx, done := c.tx, false
	defer func() {
		if !done {
			s.store.mu.Unlock()
		}
	}()
	value, err = c.route.run(c)
	if err == nil {
		err = tooMuchMetadata(c.p)
	}
	if keepsChanges(err) {
		lines = s.commit(tx)
	} else {
		tx.after = nil
	}
	done = true
	s.store.mu.Unlock()
	for _, f := range tx.after {
		f()
	}
	return value, lines, err
}

// beginRead opens a transaction that will not write. The caller holds the read lock.
func (s *apiServer) beginRead(c *call) *tx { return s.store.beginRead(c.account, c.now) }

func keepsChanges(err error) bool {
	var failure *Error
	return err == nil || errors.As(err, &failure) && failure.commit
}

// failed turns any error into Stripe's error answer.
func (c *call) failed(err error) answer {
	var failure *Error
	if !errors.As(err, &failure) {
		c.srv.cfg.Logger.Error().Err(err).Str("request_id", c.requestID).Msg("sandbox")
		failure = internalError()
	}
	out := *failure
	if out.status != http.StatusUnauthorized {
		out.RequestLogURL = "https://dashboard.stripe.com/test/logs/" + c.requestID + "?t=" + strconv.FormatInt(c.now.Unix(), 10)
	}
	body, err := encodePretty(map[string]any{"error": &out})
	if err != nil {
		body = []byte(`{"error":{"type":"api_error","message":"unprintable error"}}`)
	}
	return answer{status: failure.status, body: body, errCode: failure.Code, early: failure.early}
}

// write sends the answer with the headers that Stripe sends.
func (c *call) write(w http.ResponseWriter, ans answer) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Request-Id", c.requestID)
	h.Set("Stripe-Version", c.version)
	if c.account != PlatformAccount {
		h.Set("Stripe-Account", c.account)
	}
	if c.idemKey != "" {
		h.Set("Idempotency-Key", c.idemKey)
		original := c.requestID
		if ans.replayed {
			original = ans.original
			h.Set("Idempotent-Replayed", "true")
		}
		h.Set("Original-Request", original)
	}
	if ans.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="Stripe"`)
	}
	h.Set("Content-Length", strconv.Itoa(len(ans.body)))
	w.WriteHeader(ans.status)
	_, _ = w.Write(ans.body) // a caller that has gone away needs no answer
}

// pathObject finds the object that {id} names.
func pathObject[T object](c *call, noun string) (T, error) {
	obj, ok := find[T](c.tx, c.id)
	if !ok {
		return obj, notFound(noun, c.id)
	}
	return obj, nil
}

// base is how the caller reached the sandbox.
func (c *call) base() string { return c.srv.baseURL(c.req) }
