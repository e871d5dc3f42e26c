package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"checkoutd/internal/httpio"
)

// panicError is a panic in the form of an error for the log line.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Recover turns a panic into a 500 problem and logs its stack. If the response
// has already begun, it drops the connection instead, so that the client does
// not take a partial response for a complete one.
func Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httpio.Record(w)
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}

			err := &panicError{value: v, stack: debug.Stack()}
			if rec.Started() {
				httpio.ExchangeOf(r.Context()).SetError(err)
				panic(http.ErrAbortHandler)
			}

			httpio.WriteError(rec, r, err)
		}()

		next.ServeHTTP(rec, r)
	})
}
