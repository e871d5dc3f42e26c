package api

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// DeliveryObject is a delivery of a webhook with its tries.
type DeliveryObject struct {
	ID         string                   `json:"id"`
	Object     string                   `json:"object"` // always "webhook_delivery"
	Endpoint   string                   `json:"endpoint"`
	WebhookID  string                   `json:"webhook_id"` // the header of the same name
	Type       string                   `json:"type"`
	Order      string                   `json:"order"`
	Sequence   int64                    `json:"sequence"`
	Status     deliveries.DeliveryState `json:"status"`
	Note       *string                  `json:"note"` // why it failed
	CreatedAt  time.Time                `json:"created_at"`
	NextTryAt  *time.Time               `json:"next_try_at"`
	FinishedAt *time.Time               `json:"finished_at"`
	Tries      []TryObject              `json:"tries"` // oldest first
}

// TryObject is one request of a delivery with its answer.
type TryObject struct {
	At             time.Time `json:"at"`
	TookMS         int64     `json:"took_ms"`
	ResponseStatus *int      `json:"response_status"`
	Problem        *string   `json:"problem"`          // why there was no answer
	Excerpt        *string   `json:"response_excerpt"` // of an answer that is not 2xx
}

// RenderDelivery returns a delivery without its tries.
func RenderDelivery(d deliveries.Delivery) DeliveryObject {
	return DeliveryObject{
		ID:         d.ID,
		Object:     "webhook_delivery",
		Endpoint:   d.EndpointID,
		WebhookID:  d.EffectID,
		Type:       d.Kind,
		Order:      d.OrderID,
		Sequence:   d.N,
		Status:     d.State,
		Note:       optional(d.Note),
		CreatedAt:  d.CreatedAt.UTC(),
		NextTryAt:  optionalTime(d.NextAt),
		FinishedAt: optionalTime(d.FinishedAt),
		Tries:      []TryObject{},
	}
}

// RenderTry returns one request of a delivery with its answer.
func RenderTry(t deliveries.Try) TryObject {
	out := TryObject{
		At:      t.At.UTC().Truncate(time.Microsecond),
		TookMS:  t.Took.Milliseconds(),
		Problem: optional(t.Problem),
		Excerpt: optional(t.Excerpt),
	}
	if t.Status != 0 {
		out.ResponseStatus = &t.Status
	}
	return out
}

// ServeDeliveries is GET /v1/webhook_endpoints/{id}/deliveries.
func (s *Service) ServeDeliveries(w http.ResponseWriter, r *http.Request, _ Call) error {
	f, err := parseDeliveryFilter(r.URL.Query())
	if err != nil {
		return err
	}

	e, err := s.endpoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}

	limit := f.Limit
	f.EndpointID, f.Limit = e.ID, f.Limit+1 // one more shows whether there are more
	found, err := s.cfg.Endpoints.Deliveries(r.Context(), f)
	if fault.Is(err, deliveries.ErrNotFound.Code) {
		err = fault.InvalidField("starting_after", "delivery_unknown",
			"There is no delivery with the ID in starting_after.")
	}
	if err != nil {
		return err
	}

	page := Page[DeliveryObject]{Object: "list", Data: []DeliveryObject{}, HasMore: len(found) > limit}
	at := map[string]int{} // the index of each delivery in the page
	var ids []string
	for i, d := range found[:min(limit, len(found))] {
		page.Data = append(page.Data, RenderDelivery(d))
		at[d.ID], ids = i, append(ids, d.ID)
	}

	tries, err := s.cfg.Endpoints.Tries(r.Context(), ids...)
	if err != nil {
		return err
	}
	for _, t := range tries {
		d := &page.Data[at[t.DeliveryID]]
		d.Tries = append(d.Tries, RenderTry(t))
	}

	return httpio.WriteJSON(w, http.StatusOK, page)
}

// parseDeliveryFilter returns the filter that a query asks for.
func parseDeliveryFilter(q url.Values) (f deliveries.Filter, err error) {
	f.Limit = defaultPage
	return f, parseQuery(q, func(name, value string) (err error) {
		switch name {
		case "limit":
			f.Limit, err = parseLimit(value)
		case "starting_after":
			f.After = value
		case "order":
			f.OrderID = value
		case "status":
			f.States, err = parseList[deliveries.DeliveryState](name, value, "pending, delivered or failed")
		case "since":
			f.Since, err = parseTime(name, value)
		default:
			err = errUnknownParameter(name)
		}
		return err
	})
}

// redeliverBody says what is to be sent again: at least one of its members must
// be there.
type redeliverBody struct {
	Deliveries []string `json:"deliveries"` // their IDs
	Failed     bool     `json:"failed"`     // those that have failed
	Since      *string  `json:"since"`      // what happened then or later, with or without a delivery
	Order      string   `json:"order"`
}

// maxRedeliver is how many deliveries a call may name.
const maxRedeliver = 100

// RedeliveryObject says how many deliveries are due.
type RedeliveryObject struct {
	Object string `json:"object"` // always "redelivery"
	Count  int    `json:"count"`
}

// ServeRedeliver is POST /v1/webhook_endpoints/{id}/redeliver.
func (s *Service) ServeRedeliver(w http.ResponseWriter, r *http.Request, _ Call) error {
	var body redeliverBody
	if err := httpio.DecodeJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	f := deliveries.Filter{IDs: body.Deliveries, OrderID: body.Order}
	if body.Failed {
		f.States = []deliveries.DeliveryState{deliveries.Failed}
	}
	if body.Since != nil {
		since, err := parseTime("since", *body.Since)
		if err != nil {
			return err
		}
		f.Since = since
	}

	switch {
	case len(f.IDs) == 0 && len(f.States) == 0 && f.Since.IsZero() && f.OrderID == "":
		return fault.InvalidField("deliveries", "selection_missing",
			"Say what to send again: deliveries, failed, since or order.")
	case len(f.IDs) > maxRedeliver:
		return fault.InvalidField("deliveries", "deliveries_too_many", "Name up to 100 deliveries.")
	}

	id := r.PathValue("id")
	if len(f.IDs) > 0 {
		slices.Sort(f.IDs)
		f.IDs = slices.Compact(f.IDs)
		found, err := s.cfg.Endpoints.Deliveries(r.Context(), deliveries.Filter{EndpointID: id, IDs: f.IDs})
		if err != nil {
			return err
		}
		if len(found) < len(f.IDs) {
			return fault.InvalidField("deliveries", "delivery_unknown",
				"The endpoint has no such delivery, or not all of them.")
		}
	}

	n, err := s.cfg.Endpoints.Redeliver(r.Context(), id, f, s.cfg.Now())
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("endpoint_id", id)
	return httpio.WriteJSON(w, http.StatusOK, RedeliveryObject{"redelivery", n})
}
