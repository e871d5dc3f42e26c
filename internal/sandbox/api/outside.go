package api

import "net/http"

// Outside is a call that Stripe serves outside of its API, such as the exchange
// of an OAuth code. It has parameters, authentication and errors of its own.
type Outside struct {
	// Run reads the call and returns its response and what the log shows of
	// the parameters.
	Run func(r *http.Request) (resp Response, params string)

	// Failure returns the body of an error that a fault injects.
	Failure func(status int) []byte
}

// ServeOutside returns the HTTP handler of such a call. Faults strike it, and
// it is logged, like the calls of the API.
func (s *Server) ServeOutside(o Outside) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := s.newCall(r)
		c.Route.Method = r.Method
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)

		c.fault = s.Faults.take(r.Method, r.URL.Path)

		resp, stop := c.faultBefore()
		if !stop {
			resp, c.body = o.Run(r)
			resp = c.faultAfter(resp)
		}

		if resp.injected {
			resp.Body = o.Failure(resp.Status)
		}

		s.Log.add(c, resp) // stripe logs tail shows calls of the API only
		if resp.cut {
			cutConnection(w)
			return
		}

		c.write(w, resp)
	}
}
