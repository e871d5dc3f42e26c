package httpio

import "net/http"

// Recorder is a ResponseWriter that records the status and size of the
// response.
type Recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Record wraps w, or returns w itself if it is already a Recorder.
func Record(w http.ResponseWriter) *Recorder {
	if rec, ok := w.(*Recorder); ok {
		return rec
	}
	return &Recorder{ResponseWriter: w}
}

// Started reports whether the response has begun, so that no other can be
// written.
func (rec *Recorder) Started() bool { return rec.status != 0 }

// Status returns the status of the response, 0 before it has begun.
func (rec *Recorder) Status() int { return rec.status }

// Bytes returns how many bytes of the body were written.
func (rec *Recorder) Bytes() int64 { return rec.bytes }

// WriteHeader records and sends the status. A 1xx response does not count as
// the beginning of the response.
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
