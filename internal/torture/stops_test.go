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
	arrived    moment = iota // it is here, and nothing is done
	late                     // as arrived, but it is done in the end, when the next server runs
	committing               // its receiver has all of it and cannot commit
	executed                 // it is done, and the answer never leaves
	answered                 // the answer has left
	unrecorded               // the answer has left, and its receiver cannot commit what it says
)

// stop is one request to be stopped, the first of its route.
type stop struct {
	route string // a path.Match pattern over what the place calls the request
	at    moment
	kill  func()
	hold  func() (release func()) // keeps the database from committing
	goOn  <-chan struct{}         // for late: when to do it
}

// stops are the armed ones of a place where requests pass. It is safe for
// concurrent use.
type stops struct {
	mu    sync.Mutex
	armed []*stop
}

func (s *stops) arm(one *stop) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = append(s.armed, one)
}

// disarm takes a stop back; false: too late, its request is being stopped.
func (s *stops) disarm(one *stop) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.armed)
	s.armed = slices.DeleteFunc(s.armed, func(have *stop) bool { return have == one })
	return len(s.armed) < before
}

// take returns the stop of a request, nil if it may pass. A stop strikes once.
func (s *stops) take(route string) *stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, one := range s.armed {
		if ok, _ := path.Match(one.route, route); ok {
			s.armed = append(s.armed[:i:i], s.armed[i+1:]...)
			return one
		}
	}
	return nil
}

// settling is what a server gets to run into a held database. It need not be
// enough: held is held, so whatever the server does in it, it commits nothing.
const settling = 30 * time.Millisecond

// serve lets a request pass, or stops it.
func (s *stops) serve(w http.ResponseWriter, r *http.Request, route string, next http.Handler) {
	one := s.take(route)
	if one == nil {
		next.ServeHTTP(w, r)
		return
	}

	switch one.at {
	case arrived:
		one.kill()
	case late:
		one.kill()
		select {
		case <-one.goOn:
			next.ServeHTTP(httptest.NewRecorder(), r)
		case <-time.After(patience): // the test has failed meanwhile
		}

	case committing:
		release, over := one.hold(), make(chan struct{})
		time.AfterFunc(settling, func() { one.kill(); release(); close(over) })
		next.ServeHTTP(w, r)
		<-over
		return

	case executed:
		next.ServeHTTP(httptest.NewRecorder(), r)
		one.kill()
	case answered, unrecorded:
		one.answer(w, r, next)
		return
	}

	panic(http.ErrAbortHandler) // whoever asked is dead
}

// answer lets the answer out and kills who gets it.
func (s *stop) answer(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	release := func() {}
	if s.at == unrecorded {
		release = s.hold()
	}

	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
	_ = http.NewResponseController(w).Flush()

	if s.at == unrecorded {
		time.Sleep(settling)
	}

	s.kill()
	release()
}
