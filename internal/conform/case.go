package conform

import "slices"

// Case is one thing that checkoutd relies on.
type Case struct {
	Name   string // "tokens/used-twice"
	Relies string // what must be so, as a sentence
	Where  string // where the product relies on it, a path below internal/
	Calls  []Call // made one after the other
}

// Call is a request with what its answer must be. Its texts may hold
// placeholders: {run}, {version}, {account} and {client} are those of the run,
// {first.path} is a value in the first answer of the case, {name.path} one in
// the answer that As named, or in that of a fixture.
type Call struct {
	Method, Path string
	Params       []string  // "name=value"
	Header       []string  // "Name: value"
	As           string    // the name of the answer in later calls
	Want         []string  // see expect
	Unless       string    // why the case cannot be tried if Stripe refuses this call
	Poll         bool      // repeated until the answer is as wanted, for a while
	OAuth        bool      // sent to the OAuth server
	Pick         [2]string // the path and the value of the list's member that is compared
}

func post(path string, params ...string) Call {
	return Call{Method: "POST", Path: path, Params: params}
}

func get(path string, params ...string) Call {
	return Call{Method: "GET", Path: path, Params: params}
}

func del(path string) Call { return Call{Method: "DELETE", Path: path} }

// as names the answer.
func (c Call) as(name string) Call { c.As = name; return c }

// want adds expectations.
func (c Call) want(expectations ...string) Call {
	c.Want = slices.Concat(c.Want, expectations)
	return c
}

// with adds a header.
func (c Call) with(header string) Call {
	c.Header = append(slices.Clone(c.Header), header)
	return c
}

// of compares the first member of the answer's list whose value at the path is
// the text, which may hold placeholders.
func (c Call) of(path, value string) Call { c.Pick = [2]string{path, value}; return c }

// unless says why the case cannot be tried where Stripe refuses the call.
func (c Call) unless(reason string) Call { c.Unless = reason; return c }

// soon repeats the call for a while until the answer is as wanted.
func (c Call) soon() Call { c.Poll = true; return c }

// oauth sends the call to the OAuth server.
func (c Call) oauth() Call { c.OAuth = true; return c }

// Cases returns the contract.
func Cases() []Case {
	return slices.Concat(
		tokenCases(),
		intentCases(),
		actionCases(),
		declineCases(),
		captureCases(),
		refundCases(),
		setupCases(),
		customerCases(),
		methodCases(),
		subscriptionCases(),
		firstInvoiceCases(),
		protocolCases(),
		idempotencyCases(),
		listCases(),
		eventCases(),
		endpointCases(),
		accountCases(),
		connectCases(),
		oauthCases(),
	)
}
