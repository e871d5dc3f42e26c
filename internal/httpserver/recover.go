package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"checkoutd/internal/httpio"
)

// panicError is a panic as the log line's error.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Recover turns a panic into a 500 problem and its stack into the log. When
// the answer is under way it breaks the connection instead, so that nobody
// takes the half for the whole.
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
