package stripeapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/form"
)

// eventPage is a page of GET /v1/events whose events keep their bytes.
type eventPage struct {
	stripe.APIResource
	HasMore bool              `json:"has_more"`
	Data    []json.RawMessage `json:"data"`
}

// Events lists a page of events created at or after from, newest first, as
// their JSON; startingAfter is the id of the last one of the page before. Stripe
// keeps events for 30 days (https://docs.stripe.com/api/events/list).
func (c *Client) Events(ctx context.Context, from time.Time, startingAfter string) (page [][]byte, more bool, err error) {
	query := &form.Values{}
	query.Add("created[gte]", strconv.FormatInt(from.Unix(), 10))
	query.Add("limit", "100")
	if startingAfter != "" {
		query.Add("starting_after", startingAfter)
	}
	var list eventPage
	if err := c.backend.CallRaw(http.MethodGet, "/v1/events", c.key, query, &stripe.Params{Context: ctx}, &list); err != nil {
		return nil, false, callError(err)
	}
	for _, raw := range list.Data {
		page = append(page, raw)
	}
	return page, list.HasMore, nil
}
