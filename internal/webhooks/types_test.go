package webhooks

import (
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/connect"
)

// TestEventTypes checks that the list of an endpoint and the table of routes
// agree: each type is handled, and each row has one.
func TestEventTypes(t *testing.T) {
	t.Parallel()
	types := EventTypes()
	if !slices.IsSorted(types) || len(slices.Compact(slices.Clone(types))) != len(types) {
		t.Error("the types are not sorted, or one is there twice")
	}

	for _, name := range types {
		if routeOf(name).settle == nil {
			t.Errorf("%s changes no order", name)
		}
	}

	for _, r := range routes {
		for _, prefix := range r.prefixes {
			has := slices.ContainsFunc(types, func(name string) bool { return strings.HasPrefix(name, prefix) })
			if r.settle != nil && !has {
				t.Errorf("no endpoint gets events %s…", prefix)
			}
		}
	}

	for _, name := range ConnectEventTypes() {
		if routeOf(name).settle == nil && !connect.IsNews(name) {
			t.Errorf("%s of a connected account leads to nothing", name)
		}
	}
}
