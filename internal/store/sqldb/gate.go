package sqldb

import (
	"context"
	"errors"
	"sync"
)

// gate lets one caller of a key in at a time. Those who wait hold no
// connection: without it, everybody who asks for one locked order would hold
// one, until none is left for the others.
type gate struct {
	mu   sync.Mutex
	keys map[string]*turn
}

// turn is a key that somebody holds or waits for.
type turn struct {
	token   chan struct{} // holds a value while the key is free
	waiting int           // callers that hold or wait, under gate.mu
}

// enter waits for the key's turn, until ctx ends. The caller must call leave.
func (g *gate) enter(ctx context.Context, key string) (leave func(), err error) {
	t := g.join(key)
	select {
	case <-t.token:
		return func() {
			t.token <- struct{}{}
			g.part(key, t)
		}, nil

	case <-ctx.Done():
		g.part(key, t)
		return nil, noTurn(ctx)
	}
}

func (g *gate) join(key string) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()

	t := g.keys[key]
	if t == nil {
		t = &turn{token: make(chan struct{}, 1)}
		t.token <- struct{}{}

		if g.keys == nil {
			g.keys = map[string]*turn{}
		}

		g.keys[key] = t
	}

	t.waiting++
	return t
}

func (g *gate) part(key string, t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()

	t.waiting--
	if t.waiting == 0 {
		delete(g.keys, key)
	}
}

// errNoTurn refuses a caller whose time passed while others were at work.
var errNoTurn = &ownError{text: "others kept the database busy for too long", unavailable: true}

// noTurn returns why a caller got no turn: its time passed, or it has gone.
func noTurn(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &databaseError{errNoTurn}
	}
	return &databaseError{ctx.Err()}
}
