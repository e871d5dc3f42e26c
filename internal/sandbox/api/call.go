package api

import (
	"net/http"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Access is the kind of key that a route demands.
type Access int

const (
	SecretOnly     Access = iota
	BrowserAllowed        // a publishable key is enough
	Public                // no key
	EmbeddedOnly          // the key of an embedded component
)

// Handler executes one route inside a transaction and returns the value to
// render.
type Handler func(c *Call) (any, error)

// Route is one operation of the API.
type Route struct {
	Method  string
	Pattern string
	access  Access
	run     Handler
	creates func(id string) bool // set if reading {id} may create an object
}

// NewRoute returns a route.
func NewRoute(method, pattern string, access Access, run Handler) Route {
	return Route{Method: method, Pattern: pattern, access: access, run: run}
}

// Creating returns the route with the IDs for which a GET creates an object.
func (rt Route) Creating(creates func(id string) bool) Route {
	rt.creates = creates
	return rt
}

// readOnly reports whether the call runs under the read lock.
func (c *Call) readOnly() bool {
	return c.Route.Method == http.MethodGet && (c.Route.creates == nil || !c.Route.creates(c.ID))
}

// Call is one API request, or one change that no request asked for. Rooms embed
// it in types of their own.
type Call struct {
	Server  *Server
	Route   Route
	Request *http.Request // nil for changes that no request asked for
	Params  *wire.Params
	Tx      *memory.Tx
	Now     time.Time

	// ID and Sub are {id} and {sub} of the path.
	ID, Sub string

	// Account is the account that the call acts for: the one in its
	// Stripe-Account header, by default the platform's.
	Account     string
	RequestID   string
	Key         string
	Publishable bool // Key is a publishable key
	Embedded    bool // Key is that of an embedded component

	tokenScope     string // of a key that OAuth gave out
	body           string
	idempotencyKey string
	version        string
	fault          *Fault

	method, path string // copies for the log, which does not keep Request
}

// Response is a finished response.
type Response struct {
	Status int
	Body   []byte

	replayed  bool
	original  string // the ID of the request that a replayed response is from
	errorCode string
	cut       bool // cut the connection instead of responding
	early     bool // an error from before the execution
	injected  bool // an error of a fault
}

// MaxBody is the largest request body in bytes.
const MaxBody = 1 << 20

// API returns the call itself, also from the types that embed it.
func (c *Call) API() *Call { return c }

// Base returns the URL at which the caller reached the sandbox.
func (c *Call) Base() string { return c.Server.baseURL(c.Request) }

// PathObject returns the object that {id} names.
func PathObject[T memory.Object](c *Call, noun string) (T, error) {
	obj, ok := memory.Find[T](c.Tx, c.ID)
	if !ok {
		return obj, wire.NotFound(noun, c.ID)
	}
	return obj, nil
}
