package api

import (
	"math"
	"slices"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// searchResult is the result of a search: https://docs.stripe.com/search.
type searchResult struct {
	Object   string  `json:"object"`
	Data     any     `json:"data"`
	HasMore  bool    `json:"has_more"`
	NextPage *string `json:"next_page"`

	// TotalCount is shown only if it is expanded.
	TotalCount *int `json:"total_count,omitempty"`

	URL string `json:"url"`
}

// Search returns the handler that searches a kind. Unlike at Stripe, an object
// can be found as soon as it exists.
func Search(kind string) Handler {
	return func(c *Call) (any, error) {
		if c.Params.String("query") == "" {
			return nil, wire.MissingParam("query")
		}

		clauses, anyOf, err := wire.ParseQuery(c.Params.String("query"))
		if err != nil {
			return nil, err
		}

		limit, err := PageLimit(c.Params)
		if err != nil {
			return nil, err
		}

		index := c.Tx.Account.Index(kind, "")
		from := index.Last()
		if after := c.Params.String("page"); after != "" {
			obj, ok := c.Tx.Account.Get(after)
			if !ok || obj.ObjectKind() != kind {
				return nil, wire.Invalid("", "page", "Invalid page: %s", after)
			}

			from = index.Position(c.Tx.Account, after) - 1
		}

		fits := func(obj memory.Object) bool {
			return obj.ObjectKind() == kind && wire.FitsQuery(obj, clauses, anyOf)
		}
		out := c.searchPage(memory.Gather(c.Tx, index, from, false, limit+1, fits), limit)

		if slices.Contains(c.Params.Strings("expand"), "total_count") {
			all := memory.Gather(c.Tx, index, index.Last(), false, math.MaxInt, fits)
			out.TotalCount = new(len(all))
		}

		return out, nil
	}
}

func (c *Call) searchPage(found []memory.Object, limit int) searchResult {
	out := searchResult{
		Object:  "search_result",
		URL:     c.Request.URL.Path,
		HasMore: len(found) > limit,
	}
	if out.HasMore {
		found = found[:limit]
		out.NextPage = new(found[limit-1].ObjectID())
	}

	if found == nil {
		found = []memory.Object{}
	}

	out.Data = found
	return out
}
