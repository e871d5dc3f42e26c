package httpio

import "net/http"

// Recorder is a ResponseWriter that remembers what was answered.
type Recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Record wraps w, or gives w itself when it is a Recorder already.
func Record(w http.ResponseWriter) *Recorder {
	if rec, ok := w.(*Recorder); ok {
		return rec
	}
	return &Recorder{ResponseWriter: w}
}

// Started reports whether the answer is under way, so that no other can be
// given.
func (rec *Recorder) Started() bool { return rec.status != 0 }

// Status is the answer's status, 0 before it has one.
func (rec *Recorder) Status() int { return rec.status }

// Bytes is how much of the body was written.
func (rec *Recorder) Bytes() int64 { return rec.bytes }

// WriteHeader notes and sends the status. 1xx answers do not count as begun.
func (rec *Recorder) WriteHeader(status int) {
	if rec.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

// Write counts and sends a part of the body.
func (rec *Recorder) Write(p []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(p)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *Recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }
