package httpserver

import (
	"errors"
	"io"
	"net/http"
)

// Working tells the server's connections when a request is worked on: from
// when it has arrived completely until its response begins. All other time
// belongs to the client, and ends when others need the room.
//
// It closes the connection after a response to a request whose body did not
// arrive completely: net/http would otherwise wait for the rest of the body
// before it sends the response. It also closes it after a chunked request,
// whose end proxies may see elsewhere if it has a Content-Length, too
// (https://www.rfc-editor.org/rfc/rfc9112#section-6.3). HTTP/2 has neither
// problem: there each request has a stream of its own. It resets the stream of
// a request for which there is no room.
func Working(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k, _ := r.Context().Value(connKey{}).(*conn)
		b := &body{ReadCloser: r.Body, conn: k, size: r.ContentLength}
		b.complete, b.unsized = r.ContentLength == 0, r.ContentLength < 0
		r.Body = b

		streams := r.ProtoMajor >= 2
		if streams && k != nil {
			if !k.beginStream() {
				panic(http.ErrAbortHandler)
			}
			defer k.endStream()
		}

		if b.complete {
			b.setBusy()
		}

		out := &response{ResponseWriter: w, body: b, keep: streams}
		defer out.begin() // net/http sends the response of a handler that wrote nothing
		defer b.end()

		next.ServeHTTP(out, r)
	})
}

// body is the body of a request.
type body struct {
	io.ReadCloser
	conn     *conn // nil outside of a Server
	size     int64 // announced or, if unsized, allowed
	unsized  bool  // no length was announced
	reading  bool
	counted  int64 // bytes in flight
	complete bool
	busy     bool // the server works on the request
	answered bool // the response has begun
}

// allow sets the size that a body may have if none was announced.
func allow(r *http.Request, limit int64) {
	if b, ok := r.Body.(*body); ok && b.unsized {
		b.size = limit
	}
}

// Read counts the body as in flight until its end.
func (b *body) Read(p []byte) (int, error) {
	if !b.reading && !b.complete && b.conn != nil {
		b.reading = true
		b.counted = b.conn.beginBody(b.size)
	}

	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end()
	}

	if errors.Is(err, io.EOF) && !b.complete {
		b.complete = true
		b.setBusy()
	}

	return n, err
}

// end stops counting the body.
func (b *body) end() {
	if b.counted > 0 {
		b.conn.endBody(b.counted)
		b.counted = 0
	}
}

// setBusy marks that the server works on the request, unless it responds
// already.
func (b *body) setBusy() {
	if b.conn != nil && !b.answered {
		b.busy = true
		b.conn.setBusy()
	}
}

// setIdle marks that the response begins.
func (b *body) setIdle() {
	b.answered = true
	if b.busy {
		b.busy = false
		b.conn.setIdle()
	}
}

// response is the response to a request.
type response struct {
	http.ResponseWriter
	body  *body
	keep  bool // the connection, whatever the body is
	begun bool
}

// begin marks the beginning of the response.
func (w *response) begin() {
	if w.begun {
		return
	}

	w.begun = true
	if !w.keep && (!w.body.complete || w.body.unsized) {
		w.Header().Set("Connection", "close")
	}
	w.body.setIdle()
}

// WriteHeader sends the status.
func (w *response) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.begin()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *response) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
