package sandbox

// searchResult is Stripe's answer to a search: https://docs.stripe.com/search.
type searchResult struct {
	Object   string  `json:"object"`
	Data     any     `json:"data"`
	HasMore  bool    `json:"has_more"`
	NextPage *string `json:"next_page"`
	URL      string  `json:"url"`
}

// search makes the handler of a kind's search. Unlike Stripe's, it sees every object at once.
func search(kind string) handler {
	return func(c *call) (any, error) {
		if c.p.str("query") == "" {
			return nil, missingParam("query")
		}
		clauses, anyOf, err := parseQuery(c.p.str("query"))
		if err != nil {
			return nil, err
		}
		limit, err := pageLimit(c.p)
		if err != nil {
			return nil, err
		}
		sh := c.tx.account.kinds[kind]
		if sh == nil {
			sh = &idList{}
		}
		from := len(sh.ids) - 1
		if after, ok := c.tx.account.objects[c.p.str("page")]; ok {
			from = sh.position(c.tx.account, after.seq) - 1
		}
		found := gather(c.tx, sh, from, false, limit+1, func(obj object) bool {
			return obj.objectKind() == kind && fitsQuery(obj, clauses, anyOf)
		})
		return c.searchPage(found, limit), nil
	}
}

func (c *call) searchPage(found []object, limit int) searchResult {
	out := searchResult{Object: "search_result", URL: c.req.URL.Path, HasMore: len(found) > limit}
	if out.HasMore {
		found = found[:limit]
		out.NextPage = new(found[limit-1].objectID())
	}
	if found == nil {
		found = []object{}
	}
	out.Data = found
	return out
}
