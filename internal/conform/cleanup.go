package conform

import (
	"context"
	"net/http"
	"slices"
	"sort"
	"time"

	"golang.org/x/sync/errgroup"
)

// cleanupTime bounds the removal, which also takes place after an
// interruption.
const cleanupTime = 40 * time.Second

// clean removes what is noted, kind by kind, and returns what could not be
// removed.
func (r *runner) cleanUp(ctx context.Context) (left []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()

	for _, k := range kinds() {
		g := &errgroup.Group{}
		g.SetLimit(r.config.Parallel)
		failed := make(chan string, len(r.things.list))

		for _, t := range r.things.toRemove(k.object) {
			g.Go(func() error {
				if r.remove(ctx, k, t) {
					r.things.removed(t)
				} else {
					failed <- t.object + " " + t.id
				}

				return nil
			})
		}

		_ = g.Wait()
		close(failed)

		for s := range failed {
			left = append(left, s)
		}
	}

	slices.Sort(left)
	return left
}

// remove removes one object and reports whether it is gone. An object that
// ended meanwhile, say an intent with its invoice, is as good as removed.
func (r *runner) remove(ctx context.Context, k kind, t thing) bool {
	path := k.path + "/" + t.id
	for _, end := range k.ends {
		call := r.on(t.account, Call{
			Method: end.method,
			Path:   path + end.suffix,
			Params: end.params,
		})
		if got, err := r.client.do(ctx, call); err == nil && got.status == http.StatusOK {
			return true
		}
	}

	got, err := r.client.do(ctx, r.on(t.account, get(path)))
	if err != nil {
		return false
	}

	object, _ := got.tree.(map[string]any)
	return got.status == http.StatusNotFound || got.status == http.StatusOK && k.isOver(object)
}

func (s *things) toRemove(object string) (out []thing) {
	s.mu.Lock()
	defer s.mu.Unlock()

	for t, open := range s.list {
		if open && t.object == object {
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

func (s *things) removed(t thing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list[t] = false
}

// stay returns how many objects of each kind stay in the account, since Stripe
// does not delete them.
func (s *things) stay() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()

	out := map[string]int{}
	for t := range s.list {
		if k, ok := kindOf(t.object); ok && k.stays != "" {
			out[k.stays]++
		}
	}
	return out
}
