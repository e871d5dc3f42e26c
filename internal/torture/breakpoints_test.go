package torture_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"sync"
	"time"
)

// moment is when a request is stopped.
type moment int

const (
	arrived    moment = iota // it has arrived, and nothing is done
	late                     // as arrived, but it is executed once the next server runs
	committing               // its receiver has all of it and cannot commit
	executed                 // it is executed, and the response is lost
	answered                 // the response was sent
	unrecorded               // the response was sent, and its receiver cannot commit the result
)

func (m moment) String() string {
	return []string{"arrived", "late", "committing", "executed", "answered", "unrecorded"}[m]
}

// breakpoint stops one request, the first that matches its route behind those
// that it lets pass.
type breakpoint struct {
	route  string // a path.Match pattern for the name of the request
	pass   int    // how many matching requests it lets pass before
	moment moment
	kill   func()                  // kills the server
	lock   func() (release func()) // keeps the database from committing
	goOn   <-chan struct{}         // for late: closed when to execute it
}

// breakpoints are those that are set at a place where requests pass. It is safe
// for concurrent use.
type breakpoints struct {
	mu  sync.Mutex
	all []*breakpoint
}

func (b *breakpoints) set(one *breakpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.all = append(b.all, one)
}

// clear removes a breakpoint. It reports false if a request is being stopped
// there already.
func (b *breakpoints) clear(one *breakpoint) bool {
	b.mu.Lock()
	defer b.mu.Unlock()

	before := len(b.all)
	b.all = slices.DeleteFunc(b.all, func(other *breakpoint) bool { return other == one })
	return len(b.all) < before
}

// take removes and returns the breakpoint of a request, nil if there is none.
func (b *breakpoints) take(route string) *breakpoint {
	b.mu.Lock()
	defer b.mu.Unlock()

	for i, one := range b.all {
		if ok, _ := path.Match(one.route, route); !ok {
			continue
		}

		if one.pass > 0 {
			one.pass--
			continue
		}

		b.all = slices.Delete(b.all, i, i+1)
		return one
	}

	return nil
}

// settling is the time in which a server runs into a locked database. It may be
// too short: whatever the server does meanwhile, it commits nothing.
const settling = 30 * time.Millisecond

// serve serves a request, or stops it at its breakpoint.
func (b *breakpoints) serve(w http.ResponseWriter, r *http.Request, route string, next http.Handler) {
	one := b.take(route)
	if one == nil {
		next.ServeHTTP(w, r)
		return
	}

	switch one.moment {
	case arrived:
		one.kill()

	case late:
		one.kill()
		select {
		case <-one.goOn:
			next.ServeHTTP(httptest.NewRecorder(), r)
		case <-time.After(patience): // the test has failed in the meantime
		}

	case committing:
		release, done := one.lock(), make(chan struct{})
		time.AfterFunc(settling, func() { one.kill(); release(); close(done) })
		next.ServeHTTP(w, r)
		<-done
		return

	case executed:
		next.ServeHTTP(httptest.NewRecorder(), r)
		one.kill()

	case answered, unrecorded:
		one.respond(w, r, next)
		return
	}

	panic(http.ErrAbortHandler) // the client is dead
}

// respond sends the response and kills its receiver.
func (one *breakpoint) respond(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)

	// The database must be locked before the response leaves.
	release := func() {}
	if one.moment == unrecorded {
		release = one.lock()
	}

	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
	_ = http.NewResponseController(w).Flush()

	if one.moment == unrecorded {
		time.Sleep(settling)
	}

	one.kill()
	release()
}
